/**
 * Where exec sessions are kept: below /run, since none of them outlives a boot. What is done for each session is done at once:
 * in memory that takes less than handing it to a thread, and two can never cross.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSession, sessionText, shortSessionId, type Session } from './session.ts';

/** Where things of a session are. */
export interface SessionFolder {
  readonly path: string;
  /** The OCI `process` object. */
  readonly process: string;
  readonly pidFile: string;
  readonly runtimeLog: string;
  /** What its first process wrote when the runtime had ended. */
  readonly exit: string;
}

export class SessionFiles {
  readonly #root: string;

  /** @param root an absolute folder that only root may enter */
  constructor(root: string) {
    this.#root = root;
  }

  of(id: string): SessionFolder {
    const path = join(this.#root, shortSessionId(id));
    return {
      path,
      process: join(path, 'process.json'),
      pidFile: join(path, 'pid'),
      runtimeLog: join(path, 'runtime.log'),
      exit: join(path, 'exit'),
    };
  }

  save(session: Session): void {
    const { path } = this.of(session.id);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(join(path, 'session.json.new'), sessionText(session), { mode: 0o600 });
    renameSync(join(path, 'session.json.new'), join(path, 'session.json'));
  }

  writeProcess(id: string, process: object): void {
    writeFileSync(this.of(id).process, JSON.stringify(process), { mode: 0o600 });
  }

  /** The process as the host numbers it; undefined where none was started. */
  async pidOf(id: string): Promise<number | undefined> {
    const pid = Number(await readFile(this.of(id).pidFile, 'latin1').catch(() => ''));
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  }

  /** What the runtime exited with, which is what the process did, and when; undefined where that was not recorded. */
  async exitOf(id: string): Promise<{ readonly code: number; readonly at: Date } | undefined> {
    const { exit } = this.of(id);
    const recorded = await readFile(exit, 'latin1').catch(() => '');
    if (!/^\d{1,3}\n$/.test(recorded)) return undefined;
    return { code: Number(recorded), at: (await stat(exit)).mtime };
  }

  remove(id: string): void {
    rmSync(this.of(id).path, { recursive: true, force: true });
  }

  /** What an earlier berthd left; a folder without a session that can be read is deleted. */
  async all(): Promise<Session[]> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const sessions: Session[] = [];
    for (const name of await readdir(this.#root)) {
      const path = join(this.#root, name);
      const stored = await readFile(join(path, 'session.json'), 'utf8').catch(() => '');
      const session = parseSession(stored);
      if (session === undefined) await rm(path, { recursive: true, force: true });
      else sessions.push(session);
    }
    return sessions;
  }
}
