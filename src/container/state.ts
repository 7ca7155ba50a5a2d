/**
 * The life of a container, as a table. The states are libpod's, and so is what they permit, but that `stopped`, which is the
 * state while systemd is about to bring a container back, can be stopped. A request is refused where the table has no entry;
 * facts ask no table, because what systemd says is true whatever we believed.
 */
export const STATES = [
  'configured',
  'created',
  'running',
  'paused',
  'stopping',
  'stopped',
  'exited',
  'removing',
  'unknown',
] as const;
export type State = (typeof STATES)[number];

/** What someone asks for. */
export const OPERATIONS = [
  'init',
  'start',
  'restart',
  'stop',
  'kill',
  'pause',
  'unpause',
  'rename',
  'update',
  'cleanup',
  'remove',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Where operations lead when they succeed. A pair that is not here is refused. */
// prettier-ignore
const TRANSITIONS: Readonly<Record<State, Readonly<Partial<Record<Operation, State>>>>> = {
  configured: { init: 'created', start: 'running', restart: 'running', stop: 'configured',                   cleanup: 'configured', remove: 'removing' },
  created:    {                  start: 'running', restart: 'running', stop: 'exited' },
  running:    {                                    restart: 'running', stop: 'exited', kill: 'running', pause: 'paused' },
  paused:     {                                                                        kill: 'paused',  unpause: 'running' },
  stopping:   {                                                        stop: 'exited', kill: 'stopping' },
  stopped:    { init: 'created', start: 'running', restart: 'running', stop: 'exited',                       cleanup: 'exited',     remove: 'removing' },
  exited:     { init: 'created', start: 'running', restart: 'running',                                       cleanup: 'exited',     remove: 'removing' },
  removing:   {                                                                                                                     remove: 'removing' },
  unknown:    {                                                        stop: 'exited', kill: 'unknown',      cleanup: 'exited',     remove: 'removing' },
};
/** What changes no state, and is possible until a container goes. */
const ANYTIME: readonly Operation[] = ['rename', 'update'];

/** The state that `operation` leads to from `state`; undefined where it is not allowed. */
export const after = (state: State, operation: Operation): State | undefined =>
  ANYTIME.includes(operation) && state !== 'removing' ? state : TRANSITIONS[state][operation];

/** States in which the container has a process or may have one. */
const ALIVE: readonly State[] = ['created', 'running', 'paused', 'stopping', 'unknown'];
export const isAlive = (state: State): boolean => ALIVE.includes(state);

/** States in which it has ended. */
export const hasEnded = (state: State): boolean => state === 'stopped' || state === 'exited';

/** What an exec session is. */
export type SessionState = 'created' | 'running' | 'stopped';
