import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSubnet } from '../../../src/lib/ip.ts';
import type { NetworkRequest } from '../../../src/network/create.ts';
import type { TakenSubnet } from '../../../src/network/host.ts';
import type { Network } from '../../../src/network/network.ts';
import { NetworkFiles } from '../../../src/network/network-files.ts';
import { Networks } from '../../../src/network/networks.ts';
import { DEFAULT_POOLS, parsePool } from '../../../src/lib/subnet-pools.ts';

const taken = (text: string, holder: string): TakenSubnet => {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw new Error(text);
  return { subnet, holder };
};

let folder: string;
let onHost: TakenSubnet[];
let interfaces: Map<string, string>;
let users: Map<string, string[]>;
let pools: readonly string[];
let networks: Networks;
const { signal } = new AbortController();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-networks-'));
  onHost = [];
  interfaces = new Map();
  users = new Map();
  pools = DEFAULT_POOLS;
  networks = new Networks({
    files: new NetworkFiles(folder),
    host: { subnets: async () => await Promise.resolve(onHost), interfaceHolder: (name) => interfaces.get(name) },
    users: { of: (name) => users.get(name) ?? [] },
    pools: () => pools.map(parsePool).filter((pool) => pool !== undefined),
    now: () => new Date(0),
  });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const create = async (request: NetworkRequest): Promise<Network> => await networks.create(request, signal);
const subnetsOf = (network: Network): string[] => network.subnets.map(({ subnet }) => subnet);

describe('create', () => {
  it('finds everything that is left out', async () => {
    const network = await create({ name: 'app' });
    expect(network).toMatchObject({
      driver: 'bridge',
      interface: 'berth1',
      subnets: [{ subnet: '10.64.0.0/24', gateway: '10.64.0.1' }],
      dns: true,
      internal: false,
      ipv6: false,
      ipam: 'host-local',
    });
    expect(networks.find('app')).toEqual(network);
    expect(networks.find(network.id.slice(0, 12))).toEqual(network);
    expect((await create({})).name).toBe('network1');
  });

  it('takes no subnet that an address, a route or another network has', async () => {
    onHost = [taken('10.64.0.5/32', 'an address'), taken('10.64.2.0/23', 'a route by tun0')];
    expect(subnetsOf(await create({ name: 'a' }))).toEqual(['10.64.1.0/24']);
    expect(subnetsOf(await create({ name: 'b' }))).toEqual(['10.64.4.0/24']);
    onHost = [taken('10.0.0.0/8', 'a VPN')];
    expect(subnetsOf(await create({ name: 'c' }))).toEqual(['172.16.0.0/24']);
  });

  it('says so when there is none left', async () => {
    pools = ['10.64.0.0/24:24'];
    await create({ name: 'a' });
    await expect(create({ name: 'b' })).rejects.toMatchObject({
      code: 'NoFreeSubnet',
      facts: { pools: ['10.64.0.0/24'] },
    });
  });

  it('adds a subnet of IPv6 at random', async () => {
    const network = await create({ name: 'six', ipv6: true });
    expect(network.subnets).toHaveLength(2);
    expect(network.subnets[1]?.subnet).toMatch(/^fd[0-9a-f:]+::\/64$/);
    expect(network.ipv6).toBe(true);
  });

  it('leaves DHCP to macvlan without subnets', async () => {
    expect(await create({ name: 'lan', driver: 'macvlan', interface: 'eth0' })).toMatchObject({
      ipam: 'dhcp',
      dns: false,
    });
  });

  it("understands docker's options", async () => {
    const options = { 'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.name': 'br9' };
    expect(await create({ name: 'd', options })).toMatchObject({ interface: 'br9', options: { mtu: '1400' } });
  });

  it.each<[string, NetworkRequest, string, object]>([
    ['a name that is none', { name: '../x' }, 'InvalidParameter', { parameter: 'definition.name' }],
    ['a word of --network', { name: 'host' }, 'InvalidParameter', { parameter: 'definition.name' }],
    ['a name that is taken', { name: 'app' }, 'NetworkExists', { name: 'app' }],
    [
      'a subnet of another network',
      { name: 'x', subnets: [{ subnet: '10.64.0.128/25' }] },
      'SubnetInUse',
      { subnet: '10.64.0.128/25', holder: 'the network app' },
    ],
    [
      'a subnet of the host',
      { name: 'x', subnets: [{ subnet: '192.168.1.0/24' }] },
      'SubnetInUse',
      { subnet: '192.168.1.0/24', holder: 'the interface eth0' },
    ],
    [
      'no subnet',
      { name: 'x', subnets: [{ subnet: 'x' }] },
      'InvalidParameter',
      { parameter: 'definition.subnets[0].subnet' },
    ],
    [
      'a gateway elsewhere',
      { name: 'x', subnets: [{ subnet: '10.70.0.0/24', gateway: '10.71.0.1' }] },
      'InvalidParameter',
      { parameter: 'definition.subnets[0].gateway' },
    ],
    [
      'a range elsewhere',
      { name: 'x', subnets: [{ subnet: '10.70.0.0/24', leaseRange: { start: '10.71.0.1' } }] },
      'InvalidParameter',
      { parameter: 'definition.subnets[0].leaseRange.start' },
    ],
    [
      'an option that is none',
      { name: 'x', options: { a: 'b' } },
      'InvalidParameter',
      { parameter: 'definition.options.a' },
    ],
    [
      'an interface of another network',
      { name: 'x', interface: 'berth1' },
      'InterfaceInUse',
      { interface: 'berth1', holder: 'the network app' },
    ],
    [
      'an interface of the host',
      { name: 'x', interface: 'eth0' },
      'InterfaceInUse',
      { interface: 'eth0', holder: 'the host' },
    ],
    [
      'DNS with ipvlan',
      { name: 'x', driver: 'ipvlan', dns: true },
      'InvalidParameter',
      { parameter: 'definition.dns' },
    ],
    [
      'DHCP with subnets',
      { name: 'x', subnets: [{ subnet: '10.70.0.0/24' }], ipam: 'dhcp' },
      'InvalidParameter',
      { parameter: 'definition.ipam' },
    ],
  ])('refuses %s, and leaves nothing', async (_, request, code, facts) => {
    await create({ name: 'app' });
    onHost = [taken('192.168.1.0/24', 'the interface eth0')];
    interfaces.set('eth0', 'the host');
    await expect(create(request)).rejects.toMatchObject({ code, facts });
    expect(networks.list().networks).toHaveLength(1);
  });

  it('makes two at the same time differ', async () => {
    const [one, other] = await Promise.all([create({ name: 'one' }), create({ name: 'other' })]);
    expect(subnetsOf(one)).not.toEqual(subnetsOf(other));
    expect(one.interface).not.toBe(other.interface);
    const [first, second] = await Promise.allSettled([create({ name: 'same' }), create({ name: 'same' })]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'NetworkExists' } });
  });
});

describe('the default network', () => {
  it('is made once, when it is needed, with room for many', async () => {
    expect(() => networks.find('berth')).toThrowError(expect.objectContaining({ code: 'NoSuchNetwork' }));
    const [one, other] = await Promise.all([networks.demand('berth', signal), networks.demand('berth', signal)]);
    expect(one).toMatchObject({ interface: 'berth0', dns: true, subnets: [{ subnet: '10.64.0.0/16' }] });
    expect(other).toEqual(one);
    expect(await networks.demand('berth', signal)).toEqual(one);
  });
});

describe('files', () => {
  const edit = (name: string, change: (network: Record<string, unknown>) => object): void => {
    const path = join(folder, `${name}.json`);
    const before = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify(change(before)));
  };

  it('count as they stand now', async () => {
    await create({ name: 'app' });
    edit('app', (network) => ({ ...network, internal: true }));
    expect(networks.find('app').internal).toBe(true);
    rmSync(join(folder, 'app.json'));
    expect(() => networks.find('app')).toThrowError(expect.objectContaining({ code: 'NoSuchNetwork' }));
  });

  it('that make no sense do not hide the others, and can be removed', async () => {
    await create({ name: 'app' });
    await create({ name: 'other' });
    edit('app', (network) => ({ ...network, driver: 'weave' }));
    const { networks: found, wrong } = networks.list();
    expect(found.map(({ name }) => name)).toEqual(['other']);
    expect(wrong).toMatchObject([
      { code: 'InvalidNetwork', facts: { file: join(folder, 'app.json'), member: 'driver' } },
    ]);
    networks.remove('app');
    expect(existsSync(join(folder, 'app.json'))).toBe(false);
  });

  it.each<[string, string, object]>([
    ['the same subnet', 'subnets.0.subnet', { subnets: [{ subnet: '10.64.0.0/16', gateway: '10.64.0.1' }] }],
    ['the same bridge', 'network_interface', { network_interface: 'berth1' }],
  ])('two that want %s are refused when they are needed', async (_, member, change) => {
    await create({ name: 'app' });
    await create({ name: 'other' });
    edit('other', (network) => ({ ...network, ...change }));
    await expect(networks.demand('other', signal)).rejects.toMatchObject({ code: 'InvalidNetwork', facts: { member } });
  });

  it('two that have the same ID are refused when they are needed', async () => {
    const { id } = await create({ name: 'app' });
    await create({ name: 'other' });
    edit('other', (network) => ({ ...network, id }));
    await expect(networks.demand('other', signal)).rejects.toMatchObject({ facts: { member: 'id' } });
  });
});

describe('remove and prune', () => {
  it('leaves one that containers are on', async () => {
    await create({ name: 'app' });
    users.set('app', ['web']);
    expect(() => {
      networks.remove('app');
    }).toThrowError(expect.objectContaining({ code: 'NetworkInUse', facts: { network: 'app', containers: ['web'] } }));
    expect(networks.prune({})).toEqual([]);
  });

  it('prunes what nobody uses, by labels, and never the default one', async () => {
    await networks.demand('berth', signal);
    await create({ name: 'one', labels: { tier: 'a' } });
    await create({ name: 'two' });
    expect(networks.prune({ tier: '' }).map(({ name }) => name)).toEqual(['one']);
    expect(networks.prune({}).map(({ name }) => name)).toEqual(['two']);
    expect(networks.list().networks.map(({ name }) => name)).toEqual(['berth']);
  });
});

describe('changeDnsServers', () => {
  it('adds and removes', async () => {
    await create({ name: 'app', dnsServers: ['1.1.1.1'] });
    expect(networks.changeDnsServers('app', { add: ['9.9.9.9'], remove: ['1.1.1.1'] }).dnsServers).toEqual(['9.9.9.9']);
    expect(networks.find('app').dnsServers).toEqual(['9.9.9.9']);
    expect(() => networks.changeDnsServers('app', { add: ['x'], remove: [] })).toThrowError(
      expect.objectContaining({ facts: { parameter: 'addDnsServers[0]' } }),
    );
    expect(() => networks.changeDnsServers('app', { add: ['10.64.0.1'], remove: [] })).toThrowError(
      expect.objectContaining({ facts: { parameter: 'addDnsServers' } }),
    );
  });
});
