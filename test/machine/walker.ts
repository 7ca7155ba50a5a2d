/**
 * One container of the random walk: what the model says it may be, and how each move is made and judged. Whoever calls
 * makes one move at a time.
 */
import { isDeepStrictEqual } from 'node:util';
import { ConnectionClosed, VarlinkError } from '../../src/varlink/errors.ts';
import type { Berth } from './berth.ts';
import type { Machine } from './machine.ts';
import {
  CODES,
  type Kind,
  type Move,
  MOVES,
  type Place,
  placeAfter,
  placeAfterDeath,
  placesWhenCut,
  refusalOf,
  SCRIPTS,
  STEADY,
} from './walk-model.ts';

const PREFIX = 'io.berth.Container.';
const ENDING: readonly Move[] = ['kill', 'terminate', 'pauseAndKill'];
const STARTING: readonly Move[] = ['create', 'init', 'start', 'restart'];

export class Walker {
  readonly kind: Kind;
  readonly runtime: string;
  readonly slot: number;
  /** Where it may be; more than one only between a cut and `settle`. */
  places: readonly Place[] = ['gone'];
  name: string;
  /** What it did, for whoever has to find out why. */
  readonly history: string[] = [];
  readonly #machine: Machine;
  #names = 0;
  #id = '';
  /** Whether a signal waits for it to be thawed. */
  #doomed = false;
  /** Whether berth was asked to end its process: then systemd does not bring it back; not known after a cut. */
  #unwanted: boolean | undefined = false;
  #cut: Move | undefined;

  constructor(machine: Machine, slot: number, kind: Kind, runtime: string) {
    this.#machine = machine;
    this.slot = slot;
    this.kind = kind;
    this.runtime = runtime;
    this.name = this.#nextName();
  }

  /** Makes a move and holds what comes of it against the model. @throws Error when they differ */
  async move(berth: Berth, move: Move): Promise<void> {
    const [place = 'gone'] = this.places;
    try {
      await this.#try(berth, place, move);
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) throw error;
      this.#note(`${move} was cut off`);
      this.places = placesWhenCut(place, move, this.kind);
      this.#cut = move;
    }
  }

  async #try(berth: Berth, place: Place, move: Move): Promise<void> {
    if (move === 'terminate' && !(await this.#hears(berth, place))) return;
    const expected = placeAfter(place, move, this.kind);
    const before = expected !== undefined && this.#mayDieOf(move) ? await pidOf(berth, this.#id) : undefined;
    try {
      await this.#make(berth, move);
    } catch (error) {
      if (!(error instanceof VarlinkError)) throw error;
      this.#note(`${move} was refused with ${error.error}`);
      if (expected !== undefined || error.error !== PREFIX + refusalOf(place, move)) {
        throw this.#wrong(`${move} was refused: ${error.message}`, error);
      }
      return;
    }
    this.#note(move);
    if (expected === undefined) throw this.#wrong(`${move} was not refused`);
    await this.#arrive(berth, place, move, expected, before);
  }

  #mayDieOf(move: Move): boolean {
    return move === 'terminate' || (move === 'unpause' && this.#doomed);
  }

  /** What the process does by itself after a move, until it rests. */
  async #arrive(berth: Berth, place: Place, move: Move, expected: Place, before: number | undefined): Promise<void> {
    this.places = [expected];
    if (ENDING.includes(move)) this.#unwanted = true;
    if (STARTING.includes(move)) this.#unwanted = false;
    if (move === 'terminate' && place === 'paused') this.#doomed = true;
    const dies = (move === 'terminate' && place === 'running') || (move === 'unpause' && this.#doomed);
    if (expected !== 'paused') this.#doomed = false;
    if (dies && this.kind !== 'deaf') await this.#end(berth, before);
    const hasRun = place !== 'exited' || move === 'start' || move === 'restart';
    if (expected === 'exited' && hasRun) await this.#demandExit(berth, place);
  }

  /** Waits for the process to end of a signal that it has been sent, and for the next one where systemd starts it again. */
  async #end(berth: Berth, before: number | undefined): Promise<void> {
    const after = placeAfterDeath(this.kind, this.#unwanted === true);
    if (after === 'running') {
      while ((await pidOf(berth, this.#id)) === before)
        await berth.containers.wait({ container: this.#id, conditions: ['stopped', 'stopping', 'running'] });
      await berth.containers.wait({ container: this.#id, conditions: ['running'] });
    } else await berth.wait(this.#id);
    this.places = [after];
  }

  /** Finds out where it is after berthd was killed. @throws Error when it is where it cannot be */
  async settle(berth: Berth): Promise<void> {
    if (this.places.length < 2 && this.#cut === undefined) return;
    const cut = this.#cut;
    this.#cut = undefined;
    const place = await this.#look(berth);
    this.#note(`is ${place}`);
    if (!this.places.includes(place)) throw this.#wrong(`it is ${place}`);
    this.places = [place];
    if (cut !== undefined && ENDING.includes(cut)) this.#unwanted = undefined;
    if (cut !== undefined && STARTING.includes(cut)) this.#unwanted = false;
    if (place !== 'paused' && this.#doomed) {
      this.#doomed = false;
      if (place === 'running' && this.kind === 'stays') await this.#end(berth, undefined);
    }
    if (place === 'gone') this.name = this.#nextName();
    else this.name = (await berth.containers.inspect({ container: this.#id })).name;
    if (cut === 'update' && place !== 'gone') await this.move(berth, 'update');
  }

  async #look(berth: Berth): Promise<Place> {
    try {
      if (this.#id === '') this.#id = (await berth.containers.inspect({ container: this.name })).id;
      const { state } = await berth.containers.wait({ container: this.#id, conditions: this.#rests() });
      if (state === undefined) return 'gone';
      const { state: synced } = await berth.containers.sync({ container: this.#id });
      return this.#rests().find((place) => place === synced) ?? (await this.#look(berth));
    } catch (error) {
      if (error instanceof VarlinkError && error.error === `${PREFIX}NoSuchContainer`) return 'gone';
      throw error;
    }
  }

  /** Kills its first process from outside, also while it is paused. @returns whether it had one */
  async die(berth: Berth): Promise<boolean> {
    const [place] = this.places;
    if (place !== 'running' && place !== 'created' && place !== 'paused') return false;
    if (this.kind === 'returns' && this.#unwanted === undefined) return false;
    this.#doomed = false;
    const { unit, runtime } = await berth.containers.inspect({ container: this.#id });
    const pid = runtime.process?.pid ?? 0;
    await this.#machine.sh(`systemctl kill --kill-whom=main --signal=KILL ${unit}
      while kill -0 ${pid.toString()} 2>/dev/null; do :; done`);
    this.#note('was killed from outside');
    await this.#end(berth, pid);
    return true;
  }

  async #make(berth: Berth, move: Move): Promise<void> {
    const container = this.#id === '' ? this.name : this.#id;
    const { containers } = berth;
    switch (move) {
      case 'create':
        await this.#create(berth);
        break;
      case 'kill':
        await containers.kill({ container });
        if (this.places[0] === 'running' || this.places[0] === 'paused') await berth.wait(container);
        break;
      case 'pauseAndKill':
        await this.#pauseAndKill(berth, container);
        break;
      case 'terminate':
        await containers.kill({ container, signal: 'TERM' });
        break;
      case 'rename': {
        const name = this.#nextName();
        await containers.rename({ container, name });
        this.name = name;
        break;
      }
      case 'update':
        await containers.update({
          container,
          unitProperties: [`CPUQuotaPeriodSec=${1 + (this.history.length % 999)}ms`],
        });
        break;
      case 'remove':
        await containers.remove({ container });
        break;
      case 'force':
        await containers.remove({ container, force: true });
        break;
      case 'wait':
      case 'sync':
        await this.#confirm(berth, move, container);
        break;
      case 'init':
      case 'start':
      case 'restart':
      case 'stop':
      case 'pause':
      case 'unpause':
      case 'cleanup':
        await containers[move]({ container });
    }
    if (move === 'remove' || move === 'force') this.#id = '';
  }

  /** Either may come first: it is killed in the end, and nobody waits for what has stood still. */
  async #pauseAndKill({ containers }: Berth, container: string): Promise<void> {
    const paused = containers.pause({ container }).catch((error: unknown) => {
      if (!(error instanceof VarlinkError) || error.error !== `${PREFIX}WrongState`) throw error;
    });
    await Promise.all([paused, containers.kill({ container })]);
    await containers.wait({ container, conditions: ['exited'] });
  }

  /** Where it stays: one whose program ends at once may be seen running, after a start that the next berthd went on with. */
  #rests(): (typeof STEADY)[number][] {
    return STEADY.filter((place) => this.kind !== 'brief' || place !== 'running');
  }

  async #create(berth: Berth): Promise<void> {
    this.#id = '';
    this.name = this.#nextName();
    this.#id = await berth.create(this.name, SCRIPTS[this.kind], {
      runtime: this.runtime,
      stopTimeoutUSec: 400_000,
      ...(this.kind === 'returns' && {
        restartPolicy: 'always',
        unitProperties: ['RestartSec=20ms', 'StartLimitIntervalSec=0'],
      }),
    });
  }

  async #confirm(berth: Berth, move: 'wait' | 'sync', container: string): Promise<void> {
    const { state } =
      move === 'sync'
        ? await berth.containers.sync({ container })
        : await berth.containers.wait({ container, conditions: this.#rests() });
    if (!isDeepStrictEqual([state], this.places)) throw this.#wrong(`${move} said ${state ?? 'nothing'}`);
  }

  async #demandExit(berth: Berth, place: Place): Promise<void> {
    const code = (await berth.wait(this.#id))?.exitCode;
    if (code === undefined) throw this.#wrong('nobody knows its exit code');
    // A process that was only created is the runtime's, and ends as that will.
    const codes = place === 'created' ? [code] : CODES[this.kind];
    if (!codes.includes(code)) throw this.#wrong(`its exit code is ${code.toString()}`);
  }

  /** Whether it would notice to be told to end: not until its trap is set. */
  async #hears(berth: Berth, place: Place): Promise<boolean> {
    if (place !== 'running' && place !== 'paused') return true;
    if (this.kind === 'deaf') return place === 'running';
    for (;;) {
      const { processes = [] } = await berth.containers.top({ container: this.#id });
      if (processes.some(({ command }) => command === 'sleep 1000')) return true;
      if (place === 'paused') return false;
    }
  }

  #nextName(): string {
    return `w${this.slot.toString()}-${(this.#names++).toString()}`;
  }

  #note(what: string): void {
    this.history.push(`${new Date().toISOString().slice(11, 23)} ${what}`);
  }

  #wrong(what: string, cause?: unknown): Error {
    const story = this.history.slice(-12).join('\n    ');
    return new Error(
      `${this.name} (${this.kind}, ${this.runtime}), which may be ${this.places.join(' or ')}: ${what}\n    ${story}`,
      { cause },
    );
  }
}

async function pidOf(berth: Berth, container: string): Promise<number | undefined> {
  return (await berth.containers.inspect({ container })).runtime.process?.pid;
}

/** What may be tried on a container: mostly what is possible, now and then what is not. */
export function movesFor(place: Place, kind: Kind, isBold: boolean): Move[] {
  const possible = MOVES.filter((move) => placeAfter(place, move, kind) !== undefined);
  // How one ended that is gone may still be known.
  const others = MOVES.filter((move) => move !== 'create' && move !== 'wait' && !possible.includes(move));
  return isBold && others.length > 0 ? others : possible;
}
