import { assert, bigInt, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contains,
  formatAddress,
  formatSubnet,
  isHost,
  lastOf,
  overlap,
  parseAddress,
  parseSubnet,
  subnetOf,
} from '../../../src/lib/ip.ts';

const subnet = (text: string) => {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const address = (text: string) => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

describe('addresses', () => {
  it.each([
    ['10.64.0.1', '10.64.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['fd00:0:0:1::', 'fd00:0:0:1::'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['10:0:0:1:0:0:0:1', '10:0:0:1::1'],
  ])('%s is %s', (text, written) => {
    expect(formatAddress(address(text))).toBe(written);
  });
  it.each(['', '10.64.0', '10.64.0.256', '010.0.0.1', 'fe80::1%eth0', '1::2::3', '10.0.0.1/8', 'name'])(
    '%j is none',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
  it('reads what it writes', () => {
    assert(
      property(constantFrom(4 as const, 6 as const), bigInt({ min: 0n, max: 2n ** 128n - 1n }), (family, bits) => {
        const value = family === 4 ? bits & 0xffff_ffffn : bits;
        expect(parseAddress(formatAddress({ family, value }))).toEqual({ family, value });
      }),
    );
  });
});

describe('subnets', () => {
  it.each(['10.64.0.1/24', '10.64.0.0/33', '10.64.0.0', '10.64.0.0/', '::/129', 'x/8', '10.64.0.0/24/8'])(
    '%j is none',
    (text) => {
      expect(parseSubnet(text)).toBeUndefined();
    },
  );
  it('know what is in them', () => {
    const one = subnet('10.64.1.0/24');
    expect(formatSubnet(one)).toBe('10.64.1.0/24');
    expect(lastOf(one)).toBe(address('10.64.1.255').value);
    expect(contains(one, address('10.64.1.255'))).toBe(true);
    expect(contains(one, address('10.64.2.0'))).toBe(false);
    expect(contains(one, address('::1'))).toBe(false);
    expect(isHost(one, address('10.64.1.0'))).toBe(false);
    expect(isHost(one, address('10.64.1.255'))).toBe(false);
    expect(isHost(subnet('fd00::/120'), address('fd00::ff'))).toBe(true);
    expect(formatSubnet(subnetOf(address('10.64.1.77'), 20))).toBe('10.64.0.0/20');
  });
  it.each([
    ['10.64.0.0/16', '10.64.9.0/24', true],
    ['10.64.9.0/24', '10.64.0.0/16', true],
    ['10.64.0.0/24', '10.64.1.0/24', false],
    ['fd00::/64', 'fd00:0:0:1::/64', false],
    ['0.0.0.0/0', '::/0', false],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlap(subnet(a), subnet(b))).toBe(expected);
  });
});
