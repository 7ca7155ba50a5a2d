import { describe, expect, it } from 'vitest';
import {
  CAPABILITIES,
  capabilitiesFor,
  capabilityChanges,
  DEFAULT_CAPABILITIES,
  grantableCapabilities,
  parseCapability,
} from '../../../src/oci-spec/capabilities.ts';

describe('capabilitiesFor', () => {
  it.each<[string[], string[], readonly string[]]>([
    [[], [], DEFAULT_CAPABILITIES],
    [['ALL'], [], CAPABILITIES],
    [[], ['ALL'], []],
    [['CAP_NET_RAW'], ['ALL'], ['CAP_NET_RAW']],
    [['ALL'], ['CAP_SYS_ADMIN'], CAPABILITIES.filter((name) => name !== 'CAP_SYS_ADMIN')],
    [['CAP_CHOWN'], [], DEFAULT_CAPABILITIES],
    [[], ['CAP_CHOWN'], DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_CHOWN')],
  ])('adds %j, drops %j', (add, drop, expected) => {
    expect(capabilitiesFor({ add, drop }).bounding).toEqual(expected);
  });

  const here = CAPABILITIES.filter((name) => name !== 'CAP_SYS_MODULE');
  it.each<[string, Parameters<typeof capabilitiesFor>[0], readonly string[]]>([
    ['all that there are', { add: ['ALL'], drop: [] }, here],
    ['all that there are but one', { add: ['ALL'], drop: ['CAP_CHOWN'] }, here.filter((name) => name !== 'CAP_CHOWN')],
    ['one that there is not', { add: ['CAP_SYS_MODULE'], drop: ['ALL'] }, ['CAP_SYS_MODULE']],
    ['everything', { add: [], drop: [], from: 'ALL' }, here],
    ['everything but one', { add: [], drop: ['CAP_BPF'], from: 'ALL' }, here.filter((name) => name !== 'CAP_BPF')],
  ])('on a host that cannot give every one: %s', (_, request, expected) => {
    expect(capabilitiesFor(request, here).bounding).toEqual(expected);
  });

  it.each<[string, Parameters<typeof capabilitiesFor>[0], readonly string[]]>([
    ['none unless they are asked for', { add: [], drop: [] }, []],
    ['none of what it may have anyway', { add: [], drop: [], from: 'ALL' }, []],
    ['those that are named', { add: ['CAP_NET_RAW', 'CAP_NET_RAW'], drop: [] }, ['CAP_NET_RAW']],
    ['none that is dropped, too', { add: ['CAP_NET_RAW'], drop: ['CAP_NET_RAW'] }, []],
    ['all of them', { add: ['ALL', 'CAP_NET_RAW'], drop: [] }, here],
  ])('gives a user who is not root %s', (_, request, expected) => {
    expect(capabilitiesFor(request, here).ambient).toEqual(expected);
  });

  it('is undone by capabilityChanges', () => {
    for (const list of [DEFAULT_CAPABILITIES, CAPABILITIES, [], ['CAP_BPF', 'CAP_CHOWN']])
      expect(capabilitiesFor(capabilityChanges(list)).bounding.toSorted()).toEqual(list.toSorted());
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
