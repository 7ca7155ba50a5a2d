import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitWords, unescapeC } from '../../../src/unit-file/assignment/words.ts';
import { ASSIGNABLE, BadAssignment, propertiesFromAssignment } from '../../../src/unit-file/assignments.ts';

describe('an assignment', () => {
  // What these mean to systemd is the business of test/machine/systemd-assignments.test.ts.
  it.each([
    ['MemoryMax=1G', [{ name: 'MemoryMax', signature: 't', value: 2n ** 30n }]],
    ['MemoryMax=50%', [{ name: 'MemoryMaxScale', signature: 'u', value: 2 ** 31 }]],
    ['CPUQuota=20%', [{ name: 'CPUQuotaPerSecUSec', signature: 't', value: 200_000n }]],
    ['RestartSec=1min 500ms', [{ name: 'RestartUSec', signature: 't', value: 60_500_000n }]],
    [
      'LimitNOFILE=1:2',
      [
        { name: 'LimitNOFILE', signature: 't', value: 2n },
        { name: 'LimitNOFILESoft', signature: 't', value: 1n },
      ],
    ],
    ['Environment=', [{ name: 'Environment', signature: 'as', value: [] }]],
    ['Description=a=b', [{ name: 'Description', signature: 's', value: 'a=b' }]],
    ['AllowedCPUs=0,9', [{ name: 'AllowedCPUs', signature: 'ay', value: Buffer.of(1, 2) }]],
    [
      'ExecStop=-@/bin/a b "c d"',
      [{ name: 'ExecStopEx', signature: 'a(sasas)', value: [['/bin/a', ['b', 'c d'], ['ignore-failure']]] }],
    ],
  ])('%s', (assignment, properties) => {
    expect(propertiesFromAssignment(assignment)).toEqual(properties);
  });

  it.each([
    ['Nonsense=1', 'unknown property Nonsense'],
    ['memorymax=1', 'unknown property memorymax'],
    ['constructor=1', 'unknown property constructor'],
    ['MemoryMax', 'not of the form NAME=VALUE'],
    ['=1', 'not of the form NAME=VALUE'],
    ['Description=a\0b', 'characters that D-Bus cannot carry'],
    ['Description=\ud800', 'characters that D-Bus cannot carry'],
    ['Environment="A', 'unbalanced quotes'],
    ['Environment=\\x00', 'a NUL byte'],
    ['Environment=\\xff', 'bytes that are not UTF-8'],
    ['SuccessExitStatus=toString', 'neither an exit status nor a signal: toString'],
    ['MountFlags=__proto__', 'unknown mount propagation: __proto__'],
    ['NUMAPolicy=constructor', 'unknown NUMA policy: constructor'],
    ['RestartSec=1 constructor', 'unknown unit: constructor'],
    ['IPAddressAllow=valueOf', 'not an address: valueOf'],
    ['TasksMax=18446744073709551616', 'not between 0 and 18446744073709551615'],
  ])('%j is refused: %s', (assignment, reason) => {
    const refusal: unknown = expect.objectContaining({ name: 'BadAssignment', assignment, reason });
    expect(() => propertiesFromAssignment(assignment)).toThrow(refusal);
  });

  it('is read or refused, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ASSIGNABLE), fc.string({ unit: 'binary' }), (name, value) => {
        try {
          for (const property of propertiesFromAssignment(`${name}=${value}`)) expect(property.signature).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(BadAssignment);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('words', () => {
  it.each([
    ['a  b\tc', ['a', 'b', 'c']],
    ['"a b" \'c d\'e', ['a b', 'c de']],
    ['a\\ b', ['a b']],
    ['""', ['']],
    ['', []],
  ])('%j are %j', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it('are put together again', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), (words) => {
        fc.pre(words.every((word) => word.isWellFormed() && !word.includes('\0')));
        const quoted = words.map((word) => `"${word.replaceAll(/["\\]/g, '\\$&')}"`).join(' ');
        expect(splitWords(quoted)).toEqual(words);
      }),
    );
  });

  it('know the escapes of C', () => {
    expect(unescapeC('a\\tb\\x41\\101\\u00e4\\s\\\\').toString()).toBe('a\tbAAä \\');
    expect([...unescapeC('\\x00\\xff')]).toEqual([0, 255]);
  });
});
