import { describe, expect, it } from 'vitest';
import {
  CAPABILITIES,
  capabilitiesWith,
  DEFAULT_CAPABILITIES,
  grantableCapabilities,
  parseCapability,
} from '../../../src/oci-spec/capabilities.ts';

describe('capabilitiesWith', () => {
  it.each<[string[], string[], readonly string[]]>([
    [[], [], DEFAULT_CAPABILITIES],
    [['ALL'], [], CAPABILITIES],
    [[], ['ALL'], []],
    [['CAP_NET_RAW'], ['ALL'], ['CAP_NET_RAW']],
    [['ALL'], ['CAP_SYS_ADMIN'], CAPABILITIES.filter((name) => name !== 'CAP_SYS_ADMIN')],
    [['CAP_CHOWN'], [], DEFAULT_CAPABILITIES],
    [[], ['CAP_CHOWN'], DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_CHOWN')],
  ])('adds %j, drops %j', (add, drop, expected) => {
    expect(capabilitiesWith(add, drop)).toEqual(expected);
  });
});

it('knows capabilities as people write them', () => {
  expect(['net_raw', 'CAP_NET_RAW', 'cap_Net_Raw', 'NET', ''].map(parseCapability)).toEqual([
    'CAP_NET_RAW',
    'CAP_NET_RAW',
    'CAP_NET_RAW',
    undefined,
    undefined,
  ]);
});

describe('grantableCapabilities', () => {
  it('reads what the kernel has in numbers', () => {
    expect(grantableCapabilities('CapEff:\tff\nCapBnd:\t00000000800405fb\nCapAmb:\t0\n').toSorted()).toEqual(
      DEFAULT_CAPABILITIES.toSorted(),
    );
    expect(grantableCapabilities('CapBnd:\t000001ffffffffff\n')).toEqual(CAPABILITIES);
  });

  it('finds none where there are none', () => {
    expect(grantableCapabilities('CapBnd:\t0000000000000000\n')).toEqual([]);
    expect(grantableCapabilities('')).toEqual([]);
  });
});
