import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { openProcess } from '../../../src/lib/pidfd.ts';

it('signals the process, and nobody when that is gone', async () => {
  const before = readdirSync('/proc/self/fd').length;
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  {
    using handle = openProcess(child.pid ?? 0);
    const ended = once(child, 'exit');
    handle?.signal(constants.signals.SIGKILL);
    expect(await ended).toEqual([null, 'SIGKILL']);
    handle?.signal(constants.signals.SIGKILL);
  }
  expect(openProcess(child.pid ?? 0)).toBeUndefined();
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
});
