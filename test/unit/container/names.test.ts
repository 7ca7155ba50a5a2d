import { describe, expect, it } from 'vitest';
import {
  generateName,
  isIdPrefix,
  newContainerId,
  parseContainerId,
  parseContainerName,
} from '../../../src/container/names.ts';
import { parseUnitName } from '../../../src/unit-file/unit-name.ts';
import { unitNameFor } from '../../../src/container/unit-names.ts';

describe('names', () => {
  it.each(['web', 'W', '0', 'a.b_c-d', 'x'.repeat(200), 'exec-web', 'exec', 'a.service', 'a..b'])(
    '%j is one, and so is its unit',
    (text) => {
      const name = parseContainerName(text, 'name');
      expect(parseUnitName(unitNameFor(name))?.type).toBe('service');
    },
  );

  it.each([
    '',
    '-a',
    '.a',
    '_a',
    'a b',
    'a/b',
    'a@b',
    'a\n',
    'ä',
    'a\0',
    'x'.repeat(201),
    'exec-0',
    'exec-0af',
    '../a',
    'a:b',
    'a%i',
  ])('%j is none', (text) => {
    expect(() => parseContainerName(text, 'name')).toThrow(
      expect.objectContaining({ code: 'InvalidName', facts: { name: text, parameter: 'name' } }),
    );
  });

  it('makes up names that are not taken, even where nearly all are', () => {
    const taken = (name: string): boolean => !/\d$/.test(name);
    expect(generateName(taken)).toMatch(/^[a-z]+_[a-z]+\d+$/);
    expect(generateName(() => false)).toMatch(/^[a-z]+_[a-z]+$/);
  });

  it('makes IDs that are no names of others', () => {
    expect(parseContainerId(newContainerId())).toHaveLength(64);
    expect(newContainerId()).not.toBe(newContainerId());
    expect(() => parseContainerId('abc')).toThrow('not a container ID');
    expect([isIdPrefix('0af'), isIdPrefix(''), isIdPrefix('0AF'), isIdPrefix('f'.repeat(65))]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
