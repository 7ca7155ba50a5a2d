/** What berth is to reach, read off the rows. */
import { STEPS } from './lifecycle.ts';
import { LOGS } from './logs.ts';
import { EXEC } from './sessions.ts';
import { RELAYED } from './relayed.ts';
import { digits, type Candidate, type Row, type Target } from './report.ts';

const median = (rows: readonly Row[], name: string, candidate: Candidate): number =>
  rows.find((row) => row.name === name)?.results.find((result) => result.candidate === candidate)?.median ?? NaN;

const atMost = (text: string, value: number, limit: number, unit: string): Target => ({
  text,
  value,
  limit,
  unit,
  holds: value <= limit,
});

/** What relayed streams may cost. */
export function relayTargetsOf(rows: readonly Row[]): Target[] {
  const ours = (name: string): number => median(rows, name, 'berth varlink');
  return [
    atMost(
      'Start with relayed streams, beside journald’s sockets',
      ours(RELAYED.relay) / ours(RELAYED.journal),
      1,
      '×',
    ),
    atMost(RELAYED.memory, ours(RELAYED.memory) * 1024, 64, 'KiB'),
    atMost(RELAYED.lines, ours(RELAYED.lines), 1, '%'),
    atMost('Time of 50 MiB of relayed text', 50 / ours(RELAYED.text), 1, 's'),
  ];
}

export function targetsOf(rows: readonly Row[]): Target[] {
  const ratio = (text: string, name: string, ours: Candidate, theirs: Candidate, limit: number, of = name): Target =>
    atMost(text, median(rows, name, ours) / median(rows, of, theirs), limit, '×');
  const many = rows.find(({ name }) => name.startsWith('ps, ') && name !== STEPS.list)?.name ?? '';
  const calls = rows.filter(({ name }) => name.startsWith('GetInfo'));
  return [
    ratio('Create and Start over varlink, beside crun run', STEPS.run, 'berth varlink', 'crun', 3, STEPS.exit),
    ratio('true to its end over varlink, beside podman', STEPS.exit, 'berth varlink', 'podman CLI', 0.5),
    atMost(`List over varlink (${many})`, median(rows, many, 'berth varlink'), 10, 'ms'),
    ...[STEPS.list, many, STEPS.inspect, STEPS.run, STEPS.exit, STEPS.gone, STEPS.stop, STEPS.remove].map((name) =>
      ratio(`${name} with the CLI, beside podman`, name, 'berth CLI', 'podman CLI', 1),
    ),
    ratio('exec true over varlink, beside crun exec', EXEC.exec, 'berth varlink', 'crun', 2.5),
    ratio('exec true with the CLI, beside podman', EXEC.exec, 'berth CLI', 'podman CLI', 0.5),
    ...[EXEC.execCat, EXEC.runCat].map((name) =>
      ratio(`${name}: podman's rate, beside berth's, CLI`, name, 'podman CLI', 'berth CLI', 1),
    ),
    ...LOGS.map((name) => ratio(`${name} with the CLI, beside journalctl -u`, name, 'berth CLI', 'journalctl', 1.5)),
    ...calls.map(({ name }) =>
      ratio(`${name}: sd-varlink's rate, beside berth's`, name, 'sd-varlink', 'berth varlink', 1),
    ),
    ...relayTargetsOf(rows),
  ];
}

export const sentenceOf = ({ text, value, limit, unit, holds }: Target): string =>
  `${holds ? 'holds ' : 'MISSED'}  ${text}: ${digits(value)} ${unit} (at most ${limit.toString()} ${unit})`;
