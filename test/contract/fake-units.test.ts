import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { FakeUnits } from '../support/fake-units.ts';
import { describeUnitManager } from '../support/unit-manager-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-contract-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const nothing = (): void => undefined;
const effects = { mounted: nothing, unmounted: nothing, created: nothing, started: nothing, gone: nothing };
const units = new FakeUnits(() => new Date(), effects);
const command = { path: '/bin/sh', argv: ['sh'] };

describeUnitManager(() => ({
  units,
  folder,
  command,
  exit: async (unit, code) => {
    await Promise.resolve();
    units.exits(unit, { code });
  },
  failNext: () => {
    units.script({ fail: 'exit-code' });
    return command;
  },
}));
