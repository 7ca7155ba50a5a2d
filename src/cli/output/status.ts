import type { Exit, Runtime } from '../../api/io-berth-container.ts';
import { ageOf, agoInWords, durationInWords } from './humanise.ts';
import type { Colour } from './output.ts';

/** The state of a container as `ps` shows it: `Up 3 minutes`, `Exited (0) 5 seconds ago`. */
export function statusInWords({ state, startedAt, exit, restarts, restartsAt, message }: Runtime, now: Date): string {
  switch (state) {
    case 'configured':
      return message === undefined ? 'Configured' : 'Failed to start';
    case 'created':
      return 'Created';
    case 'running':
      return up(startedAt, now);
    case 'paused':
      return `${up(startedAt, now)} (paused)`;
    case 'stopping':
      return 'Stopping';
    case 'stopped':
      return restartsAt === undefined ? ended('Stopped', exit, now) : restarting(exit, restartsAt, now);
    case 'exited':
      return exit?.result === 'start-limit-hit'
        ? `Gave up after ${(restarts ?? 0).toString()}`
        : ended('Exited', exit, now);
    case 'removing':
      return 'Being removed';
    case 'unknown':
      return message === undefined ? 'Unknown' : `Unknown: ${message}`;
  }
}

/** Only what wants to be looked at is coloured. */
export function colourOf({ state, exit, message }: Runtime): Colour | undefined {
  if (state === 'unknown' || (state === 'configured' && message !== undefined)) return 'red';
  if (state === 'paused' || state === 'stopping') return 'yellow';
  if (state === 'running') return 'green';
  if (state !== 'exited' && state !== 'stopped') return undefined;
  return exit?.exitCode === 0 ? 'grey' : 'red';
}

function up(startedAt: Runtime['startedAt'], now: Date): string {
  const age = ageOf(startedAt, now);
  return age === undefined ? 'Up' : `Up ${durationInWords(age)}`;
}

/** `Restarting (1) in 8 s` */
function restarting(exit: Exit | undefined, restartsAt: NonNullable<Runtime['restartsAt']>, now: Date): string {
  const seconds = Math.ceil(-(ageOf(restartsAt, now) ?? 0) / 1000);
  return `Restarting (${codeOf(exit)})${seconds > 0 ? ` in ${seconds.toString()} s` : ''}`;
}

const codeOf = (exit: Exit | undefined): string => exit?.exitCode?.toString() ?? '?';

function ended(word: string, exit: Exit | undefined, now: Date): string {
  if (exit === undefined) return word;
  const when = agoInWords(exit.exitedAt, now);
  return [`${word} (${codeOf(exit)})`, when, exit.oomKilled ? 'out of memory' : '']
    .filter((part) => part !== '')
    .join(' ');
}
