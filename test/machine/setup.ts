/** For every spec on a machine: when a test fails, what the shared machine had to say meanwhile. */
import { afterEach, beforeEach } from 'vitest';
import { useMachine } from './use-machine.ts';

let startedAt = 0;

beforeEach(() => {
  startedAt = Date.now();
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const machine = useMachine();
  const since = `--since=@${(startedAt / 1000).toString()}`;
  const status = await machine.exec(['systemctl', 'status', '--no-pager', '--full', '--lines=0', 'berth*']);
  const journal = await machine.exec(['journalctl', '--no-pager', '--output=short-precise', since]);
  const title = `the machine during "${task.name}"`;
  process.stderr.write(`--- ${title}\n${status.text()}\n${journal.text()}\n--- end of ${title}\n`);
});
