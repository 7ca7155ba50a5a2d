import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FetchMeter } from '../../../../src/storage/skopeo/fetch-meter.ts';

it('measures the files in the folders that are made in its own, as they grow, and bears that they go', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-meter-'));
  const reports: number[] = [];
  {
    using _meter = new FetchMeter(folder, (bytes) => reports.push(bytes));
    await writeFile(join(folder, 'auth.json'), 'not a layer');
    await mkdir(join(folder, 'storage1'));
    await writeFile(join(folder, 'storage1/1'), 'x'.repeat(1000));
    await expect.poll(() => reports.at(-1)).toBe(1000);
    await appendFile(join(folder, 'storage1/1'), 'x'.repeat(500));
    await writeFile(join(folder, 'storage1/2'), 'x'.repeat(10));
    await expect.poll(() => reports.at(-1)).toBe(1510);
    await rm(join(folder, 'storage1'), { recursive: true });
    await mkdir(join(folder, 'storage2'));
    await writeFile(join(folder, 'storage2/1'), 'x'.repeat(2000));
    await expect.poll(() => reports.at(-1)).toBe(2000);
  }
  await writeFile(join(folder, 'storage2/2'), 'x'.repeat(2000));
  await rm(folder, { recursive: true });
  expect(reports).toEqual(reports.toSorted((a, b) => a - b));
  expect(reports.at(-1)).toBe(2000);
});
