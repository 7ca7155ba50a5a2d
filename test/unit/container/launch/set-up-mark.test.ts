import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SET_UP_MARK } from '../../../../src/container/launch/set-up-mark.ts';

const script = (name: string): string => readFileSync(join(import.meta.dirname, '../../../../units', name), 'utf8');

it("the unit's programs write and look for the words that berthd does", () => {
  const start = script('unit-start');
  expect(start).toContain(`[ "$state" = ${SET_UP_MARK.byBerthd} ]`);
  expect(start).toContain(`[ "$state" != "${SET_UP_MARK.done('$INVOCATION_ID')}" ]`);
  expect(start).toContain(`echo ${SET_UP_MARK.byUnit} >"$pid_file.setup"`);
  expect(script('unit-stopped')).toContain(`${SET_UP_MARK.byUnit} | ${SET_UP_MARK.byBerthd})`);
});
