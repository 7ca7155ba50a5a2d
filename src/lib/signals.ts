/** Names and numbers of signals, as Linux numbers them on this architecture. */
import { constants } from 'node:os';

export type SignalName = NodeJS.Signals;

const NUMBERS = new Map<string, number>(Object.entries(constants.signals));
const NAMES = new Map<number, SignalName>();
for (const [name, number] of Object.entries(constants.signals)) {
  // SIGIOT and SIGPOLL are other names of SIGABRT and SIGIO; systemd and the shell use the latter two.
  if (isSignalName(name) && name !== 'SIGIOT' && name !== 'SIGPOLL') NAMES.set(number, name);
}

function isSignalName(name: string): name is SignalName {
  return Object.hasOwn(constants.signals, name);
}

const FIRST_REALTIME = 34;
const LAST_REALTIME = 64;

/**
 * The number of a signal given as people write it: `SIGTERM`, `term`, `15`, `RTMIN+3`.
 * @returns undefined for what is no signal
 */
export function parseSignal(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= LAST_REALTIME ? number : undefined;
  }
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const realtime = /^SIGRT(?<end>MIN|MAX)(?:(?<sign>[+-])(?<offset>\d{1,2}))?$/.exec(name)?.groups;
  if (realtime !== undefined) {
    const base = realtime['end'] === 'MIN' ? FIRST_REALTIME : LAST_REALTIME;
    const offset = Number(realtime['offset'] ?? 0) * (realtime['sign'] === '-' ? -1 : 1);
    const number = base + offset;
    return number >= FIRST_REALTIME && number <= LAST_REALTIME ? number : undefined;
  }
  return NUMBERS.get(name);
}

/** `SIGTERM` for 15; realtime signals as `SIGRTMIN+n`; the two that have no name (the C library's own) as numbers. */
export function signalName(number: number): string {
  const name = NAMES.get(number);
  if (name !== undefined) return name;
  return number >= FIRST_REALTIME ? `SIGRTMIN+${number - FIRST_REALTIME}` : String(number);
}
