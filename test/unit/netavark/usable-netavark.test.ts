import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { NetavarkPrograms } from '../../../src/netavark/usable-netavark.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-netavark-'));
const path = join(folder, 'netavark');
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let moment = 1;
function install(says: string): void {
  writeFileSync(path, `#!/bin/sh\necho '${says}'\necho asked >>${folder}/log\n`);
  chmodSync(path, 0o755);
  utimesSync(path, moment, moment++);
}

it('is there, or too old, or not there, and asked once', () => {
  const programs = new NetavarkPrograms(() => path);
  expect(programs.usable()).toEqual({ problem: 'netavark is not installed' });
  install('{"version":"1.4.0"}');
  expect(programs.usable()).toEqual({
    problem: 'netavark 1.4.0 does not know nftables; networks need 1.10 or newer',
  });
  install('nonsense');
  expect(programs.usable()).toMatchObject({ problem: expect.stringContaining('netavark cannot be used') as string });
  install('{"version":"1.14.0","default_fw_driver":"nftables"}');
  expect(programs.usable()).toEqual({ path });
  rmSync(join(folder, 'log'));
  expect(programs.usable()).toEqual({ path });
  expect(() => {
    rmSync(join(folder, 'log'));
  }).toThrow('ENOENT');
});
