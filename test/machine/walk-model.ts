/**
 * What a container may be and what may be done to it, written down a second time, for the random walk to hold berth against.
 * The model keeps the set of states that a container may be in: more than one where berthd was killed in the middle.
 */

/** The states that last. */
export const STEADY = ['configured', 'created', 'running', 'paused', 'exited'] as const;
export type Steady = (typeof STEADY)[number];
/** `gone` is a container that there is not, or not any more. */
export type Place = Steady | 'gone';

export const MOVES = [
  'create',
  'init',
  'start',
  'restart',
  'stop',
  'kill',
  'terminate',
  'pause',
  'pauseAndKill',
  'unpause',
  'rename',
  'update',
  'cleanup',
  'remove',
  'force',
  'wait',
  'sync',
] as const;
export type Move = (typeof MOVES)[number];

/**
 * What a container's program does. `stays` until it is told to end, `deaf` until it is killed; `brief` ends at once; `returns`
 * stays, and systemd starts it again whenever it ends by itself.
 */
export const KINDS = ['stays', 'deaf', 'brief', 'returns'] as const;
export type Kind = (typeof KINDS)[number];

export const SCRIPTS: Readonly<Record<Kind, string>> = {
  stays: 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done',
  deaf: 'trap "" TERM; while :; do sleep 1000; done',
  brief: 'exit 7',
  returns: 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done',
};
/** The codes a program of the kind may end with: a signal may come before the trap is set, and a stop may take too long. */
export const CODES: Readonly<Record<Kind, readonly number[]>> = {
  stays: [5, 137],
  deaf: [137],
  brief: [7, 137],
  returns: [5, 137],
};

/** Where a move leads from a state; a pair that is not here is refused with WrongState, or NoSuchContainer where it is gone. */
// prettier-ignore
const TABLE: Readonly<Record<Place, Readonly<Partial<Record<Move, Place>>>>> = {
  gone:       { create: 'configured' },
  configured: { init: 'created', start: 'running', restart: 'running', stop: 'configured', cleanup: 'configured', remove: 'gone', force: 'gone' },
  created:    { start: 'running', restart: 'running', stop: 'exited', force: 'gone' },
  running:    { restart: 'running', stop: 'exited', kill: 'exited', terminate: 'exited', pause: 'paused', pauseAndKill: 'exited', force: 'gone' },
  paused:     { kill: 'exited', terminate: 'paused', unpause: 'running', force: 'gone' },
  exited:     { init: 'created', start: 'running', restart: 'running', cleanup: 'exited', remove: 'gone', force: 'gone' },
};
const ANYTIME: readonly Move[] = ['rename', 'update', 'wait', 'sync'];

/** Where a container is when a move has ended well and all is quiet again; undefined where it is refused. */
export function placeAfter(place: Place, move: Move, kind: Kind): Place | undefined {
  if (place !== 'gone' && ANYTIME.includes(move)) return place;
  const next = TABLE[place][move];
  if (next === 'running' && kind === 'brief') return 'exited';
  if (move === 'terminate' && next === 'exited' && kind === 'deaf') return 'running';
  return next;
}

/** The error that refuses a move. */
export function refusalOf(place: Place, move: Move): string {
  if (place === 'gone') return 'NoSuchContainer';
  return place === 'exited' && move === 'stop' ? 'AlreadyStopped' : 'WrongState';
}

/** Where a container may be when a move was cut off: where it was, where it was to go, or on the way. */
export function placesWhenCut(place: Place, move: Move, kind: Kind): Place[] {
  const next = placeAfter(place, move, kind);
  if (next === undefined) return [place];
  const between: Place[] = [];
  if (move === 'restart' && (place === 'created' || place === 'running')) between.push('exited');
  if (move === 'force' && place !== 'configured') between.push('exited');
  if (move === 'pauseAndKill') between.push('paused');
  return [...new Set<Place>([place, next, ...between])];
}

/** Where a container is when its first process has died, of what berth was asked to do or of something else. */
export const placeAfterDeath = (kind: Kind, isUnwanted: boolean): Place =>
  kind === 'returns' && !isUnwanted ? 'running' : 'exited';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but not including, `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** @throws RangeError where there is nothing to choose from */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }

  /** `count` of them, none twice. */
  some<T>(items: readonly T[], count: number): T[] {
    const rest = [...items];
    return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(this.below(rest.length), 1)).flat();
  }
}
