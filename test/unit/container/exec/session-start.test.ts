import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilRunning } from '../../../../src/container/exec/session-start.ts';

let folder: string;
let pidFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-unit-'));
  pidFile = join(folder, 'pid');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Whether it has told by the time that another change of the folder was seen. */
async function toldOnceSeen(running: Promise<'running'>): Promise<boolean> {
  const other = join(folder, 'other');
  using seen = untilRunning(folder, other);
  await writeFile(other, 'x');
  await seen.promise;
  return await Promise.race([running.then(() => true), Promise.resolve(false)]);
}

describe('untilRunning', () => {
  it('tells at once where the process was started before', async () => {
    await writeFile(pidFile, '42');
    using running = untilRunning(folder, pidFile);
    await expect(running.promise).resolves.toBe('running');
  });

  it('takes a file without a number in it for none: the runtime makes it first and fills it afterwards', async () => {
    using running = untilRunning(folder, pidFile);
    await writeFile(pidFile, '');
    expect(await toldOnceSeen(running.promise)).toBe(false);
    await writeFile(pidFile, '42');
    await expect(running.promise).resolves.toBe('running');
  });
});
