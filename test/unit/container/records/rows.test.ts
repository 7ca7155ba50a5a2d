import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPABILITIES } from '../../../../src/oci-spec/capabilities.ts';
import type { Container } from '../../../../src/container/container.ts';
import type { Configuration } from '../../../../src/container/configuration/configuration.ts';
import { parseContainerId, parseContainerName } from '../../../../src/container/names.ts';
import { containerOf, exitOf, exitText, rowOf } from '../../../../src/container/records/rows.ts';
import type { Exit, Status } from '../../../../src/container/status.ts';
import { aWorld } from '../../../support/world.ts';

const moment = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const exit: fc.Arbitrary<Exit> = fc.record({
  code: maybe(fc.nat(255)),
  signal: maybe(fc.string()),
  oomKilled: fc.boolean(),
  result: maybe(fc.string()),
  at: moment,
});
const life = { pid: fc.nat(), invocationId: fc.string(), startedAt: maybe(moment) };
const status: fc.Arbitrary<Status> = fc.oneof(
  fc.record({ state: fc.constantFrom('configured' as const, 'removing' as const) }),
  fc.record({ state: fc.constantFrom('created' as const, 'running' as const, 'paused' as const), ...life }),
  fc.record({ state: fc.constant('stopping' as const), ...life, pid: maybe(fc.nat()) }),
  fc.record({
    state: fc.constantFrom('stopped' as const, 'exited' as const),
    exit,
    startedAt: maybe(moment),
    invocationId: maybe(fc.string()),
  }),
  fc.record({ state: fc.constant('unknown' as const), reason: fc.string() }),
);
const odd = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString'));
const map = fc.dictionary(odd, fc.string());

describe('a container as a row', async () => {
  await using world = aWorld();
  const { config } = await world.given('web', 'configured', { mounts: [{ kind: 'tmpfs', destination: '/t' }] });
  const configuration: fc.Arbitrary<Configuration> = fc
    .record({
      environment: map,
      labels: map,
      entrypoint: fc.array(fc.string()),
      restartLimit: maybe(fc.nat()),
      stopTimeoutUsec: fc.maxSafeNat(),
    })
    .map((change) => ({ ...config, ...change }));
  const lease = fc.record({
    network: odd,
    networkId: fc.string(),
    interface: fc.string(),
    addresses: fc.array(fc.string()),
    subnets: fc.array(fc.string()),
    gateways: fc.array(fc.string()),
    mac: fc.string(),
  });
  const container: fc.Arbitrary<Container> = fc.record({
    id: fc.constant(parseContainerId('0f'.repeat(32))),
    name: fc.constant(parseContainerName('web', 'name')),
    unit: fc.string(),
    createdAt: moment,
    config: configuration,
    leases: fc.array(lease),
    status,
    restarts: fc.nat(),
    wanted: maybe(fc.constantFrom('up' as const, 'down' as const)),
    message: maybe(fc.string()),
  });

  it('of a berth that knew fewer options is one that has none of them', () => {
    const known = 'image imageId entrypoint command environment workingDirectory user hostname labels mounts network';
    const later = 'readOnlyRoot privileged noNewPrivileges stopSignal stopTimeoutUsec restartPolicy';
    const names = `${known} ${later} restartLimit removeOnExit runtime unitProperties`.split(' ');
    const old = Object.fromEntries(Object.entries(config).filter(([name]) => names.includes(name)));
    const capabilities = ['CAP_NET_RAW', ...DEFAULT_CAPABILITIES.slice(1)];
    const row = rowOf(world.believed('web'));
    const { mounts: _, ...rest } = containerOf({
      ...row,
      config: JSON.stringify({ unit: 'berth-web.service', configuration: { ...old, capabilities } }),
    }).config;
    const { mounts: __, ...expected } = config;
    const changes = { addCapabilities: ['CAP_NET_RAW'], dropCapabilities: DEFAULT_CAPABILITIES.slice(0, 1) };
    expect(rest).toEqual({ ...expected, ...changes });
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(container, (each) => {
        expect(containerOf(rowOf(each))).toEqual(each);
      }),
    );
  });

  it('comes back to the same row', () => {
    fc.assert(
      fc.property(container, (each) => {
        expect(rowOf(containerOf(rowOf(each)))).toEqual(rowOf(each));
      }),
    );
  });

  it('keeps of a removed one how it ended', () => {
    fc.assert(
      fc.property(exit, (each) => {
        expect(exitOf(exitText(each))).toEqual(each);
      }),
    );
  });

  it.each([
    ['no JSON', { config: '{' }],
    ['a state that there is not', { status: '{"status":{"state":"dancing"},"restarts":0}' }],
    ['a name that there cannot be', { name: '../x' }],
    ['an ID that is none', { id: 'x' }],
  ])('is refused with %s', (_, change) => {
    const [good] = fc.sample(container, 1);
    expect(() => containerOf({ ...rowOf(good!), ...change })).toThrow();
  });
});
