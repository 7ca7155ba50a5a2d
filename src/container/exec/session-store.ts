/** The exec sessions there are: in memory, with a file for each, from which a new berthd reads them. */
import { orAborted } from '../../lib/or-aborted.ts';
import { Topic } from '../../lib/topic.ts';
import { ContainerError } from '../errors.ts';
import type { SessionFiles } from './session-files.ts';
import { sessionUnit, stateOf, type Session, type SessionEnd } from './session.ts';

/** Sessions of one container that have ended and nobody has removed; beyond that the oldest go. */
const MAX_STOPPED = 256;

export class SessionStore {
  readonly files: SessionFiles;
  readonly #changes = new Topic<string>();
  readonly #sessions = new Map<string, Session>();
  readonly #byUnit = new Map<string, string>();

  constructor(files: SessionFiles) {
    this.files = files;
  }

  /** Reads what an earlier berthd left. */
  async load(): Promise<void> {
    for (const session of await this.files.all()) this.#remember(session);
  }

  /** Oldest first. */
  all(): Session[] {
    return [...this.#sessions.values()].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  byUnit(unit: string): Session | undefined {
    return this.#sessions.get(this.#byUnit.get(unit) ?? '');
  }

  /** The session with this ID, or the only one whose ID begins so. @throws ContainerError `NoSuchExecSession` */
  find(reference: string): Session {
    const exact = this.#sessions.get(reference);
    if (exact !== undefined) return exact;
    const [match, ...others] = reference === '' ? [] : this.all().filter(({ id }) => id.startsWith(reference));
    if (match === undefined || others.length > 0) throw new ContainerError('NoSuchExecSession', { session: reference });
    return match;
  }

  save(session: Session): Session {
    this.files.save(session);
    this.#remember(session);
    this.#changes.announce(session.id);
    return session;
  }

  remove(id: string): void {
    this.#sessions.delete(id);
    this.#byUnit.delete(sessionUnit(id));
    this.files.remove(id);
    this.#changes.announce(id);
  }

  /** Removes the oldest of a container's that have ended, where there are too many. */
  expire(container: string): void {
    const ended = this.all().filter((each) => each.container === container && each.end !== undefined);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - MAX_STOPPED))) this.remove(id);
  }

  /** Resolves when a session has ended, or is gone: then with undefined. */
  async ended(id: string, signal?: AbortSignal): Promise<SessionEnd | undefined> {
    const { promise, resolve } = Promise.withResolvers<SessionEnd | undefined>();
    const check = (): void => {
      const session = this.#sessions.get(id);
      if (session === undefined || stateOf(session) === 'stopped') resolve(session?.end);
    };
    using _listening = this.#changes.listen(id, check);
    check();
    return await orAborted(promise, signal);
  }

  #remember(session: Session): void {
    this.#sessions.set(session.id, session);
    this.#byUnit.set(sessionUnit(session.id), session.id);
  }
}
