import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FAULT_POINTS, noFaults } from '../../../src/container/faults.ts';
import { STEPS, stepsTable } from '../../../src/supervisor/steps.ts';

it('the table has every point, in the order in which they are come by', () => {
  expect(Object.keys(STEPS)).toEqual(FAULT_POINTS);
});

it('berthd-recovery(7) has the table as it is', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../packaging/man/berthd-recovery.7.md'), 'utf8');
  expect(page).toContain(stepsTable());
});

it('production does nothing at any of the points', () => {
  expect(FAULT_POINTS.map(noFaults)).toEqual(FAULT_POINTS.map(() => undefined));
});
