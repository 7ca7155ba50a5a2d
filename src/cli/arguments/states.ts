import type { State } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';

/** Complete by its type. */
const STATES: { readonly [S in State]: S } = {
  configured: 'configured',
  created: 'created',
  running: 'running',
  paused: 'paused',
  stopping: 'stopping',
  stopped: 'stopped',
  exited: 'exited',
  removing: 'removing',
  unknown: 'unknown',
};

const isState = (text: string): text is State => Object.hasOwn(STATES, text);

/** @throws UsageError */
export function parseState(option: string, text: string): State {
  if (isState(text)) return text;
  throw new UsageError(`${option} takes a state (${Object.keys(STATES).join(', ')}), not '${text}'`);
}

/** What `ps` lists without `-a`: whatever may have a process. */
export const ALIVE: readonly State[] = ['created', 'running', 'paused', 'stopping', 'unknown'];
