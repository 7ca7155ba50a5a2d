import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Configuration } from '../../../../src/api/io-berth-container.ts';
import { ALONE, aWorld, patient, type World } from '../../../support/world.ts';

let world: World;
beforeEach(() => {
  world = aWorld();
  world.network.installed = true;
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const create = async (name: string, configuration: Configuration = {}) =>
  await world.containers.create(
    { image: 'busybox', name, networks: [{ network: 'berth' }], ...configuration },
    patient,
  );
const start = async (name: string): Promise<void> => {
  await world.containers.start(name, ALONE, patient);
};
const addressesOf = (name: string): string[] => world.believed(name).leases.flatMap(({ addresses }) => addresses);
const documentsOf = (name: string): unknown[] => {
  const { network } = world.folder(name);
  return readdirSync(network)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(network, file), 'utf8')) as unknown);
};
const refused = async (act: Promise<unknown>): Promise<unknown> =>
  await act.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a container on networks', () => {
  it('is given its addresses with its first start, and keeps them', async () => {
    await create('web');
    expect(addressesOf('web')).toEqual([]);
    await start('web');
    expect(addressesOf('web')).toEqual(['10.64.0.2']);
    const { mac } = world.believed('web').leases[0] ?? {};
    world.units.exits(world.unit('web'), { code: 0 });
    await world.containers.inspect('web');
    await create('other');
    await start('other');
    await start('web');
    expect(addressesOf('web')).toEqual(['10.64.0.2']);
    expect(world.believed('web').leases[0]?.mac).toBe(mac);
    expect(addressesOf('other')).toEqual(['10.64.0.3']);
  });

  it('has everything that its unit needs in its folder', async () => {
    await create('web', {
      hostname: 'front',
      networks: [{ network: 'berth', aliases: ['www'] }],
      ports: [{ hostPort: 8080, containerPort: 80 }],
      dnsServers: ['9.9.9.9'],
    });
    await start('web');
    const { id } = world.believed('web');
    expect(documentsOf('web')).toMatchObject([
      {
        container_id: id,
        container_name: 'web',
        container_hostname: 'front',
        networks: {
          berth: { interface_name: 'eth0', static_ips: ['10.64.0.2'], aliases: ['www', id.slice(0, 12), 'front'] },
        },
        network_info: { berth: { network_interface: 'berth0', options: { metric: '100' }, dns_enabled: true } },
        port_mappings: [{ host_ip: '', host_port: 8080, container_port: 80, protocol: 'tcp', range: 1 }],
        dns_servers: ['9.9.9.9'],
      },
    ]);
    expect(readFileSync(join(world.folder('web').network, 'settings'), 'utf8')).toBe(
      'berth-web\n/usr/lib/podman/netavark\nnftables\n',
    );
    const spec = readFileSync(join(world.folder('web').path, 'config.json'), 'utf8');
    expect(JSON.parse(spec)).toMatchObject({
      linux: {
        sysctl: { 'net.ipv4.ping_group_range': '0 0' },
        namespaces: expect.arrayContaining([{ type: 'network', path: '/run/netns/berth-web' }]) as object,
      },
    });
    const etc = (name: string): string => readFileSync(join(world.folder('web').etc, name), 'utf8');
    expect(etc('hosts')).toContain('10.64.0.1\thost.containers.internal host.docker.internal\n10.64.0.2\tfront web\n');
    expect(etc('resolv.conf')).toContain('nameserver 10.64.0.1\n');
  });

  it('is set up network by network, with its ports at the first that can have them', async () => {
    await world.network.networks.create({ name: 'inner', internal: true }, patient);
    await world.network.networks.create({ name: 'outer' }, patient);
    await create('web', {
      networks: [{ network: 'inner' }, { network: 'outer' }],
      ports: [
        { hostPort: 8080, containerPort: 80, count: 1 },
        { hostPort: 8081, containerPort: 81 },
      ],
    });
    await start('web');
    expect(documentsOf('web')).toMatchObject([
      { networks: { inner: { interface_name: 'eth0' } }, port_mappings: [] },
      {
        networks: { outer: { interface_name: 'eth1' } },
        network_info: { outer: { options: { metric: '101' } } },
        port_mappings: [{ host_port: 8080, range: 2 }],
      },
    ]);
  });

  it('has a namespace of the name it has when it starts', async () => {
    await create('web');
    await world.containers.rename('web', 'front');
    await start('front');
    expect(readFileSync(join(world.folder('front').network, 'settings'), 'utf8')).toMatch(/^berth-front\n/);
  });

  it.each<[string, Configuration, string]>([
    ['addresses', { networks: [{ network: 'berth', addresses: ['10.64.0.9'] }] }, '10.64.0.9'],
    ['Ethernet addresses', { networks: [{ network: 'berth', mac: '02:00:00:00:00:01' }] }, '02:00:00:00:00:01'],
  ])('owns %s that it asks for from when it is made', async (_, configuration, address) => {
    await create('web', configuration);
    expect(await refused(create('other', configuration))).toMatchObject({
      code: 'AddressInUse',
      facts: { address, container: 'web' },
    });
    expect(world.index.all()).toHaveLength(1);
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    await create('other', configuration);
  });

  it.each([
    ['not of the network', '10.99.0.1'],
    ['the gateway', '10.64.0.1'],
    ['the broadcast address', '10.64.255.255'],
    ['of another family', 'fd00::1'],
  ])('is refused an address that is %s', async (_, address) => {
    expect(await refused(create('web', { networks: [{ network: 'berth', addresses: [address] }] }))).toMatchObject({
      code: 'NoFreeAddress',
    });
    expect(world.index.all()).toHaveLength(0);
  });

  it('is refused a network that there is not', async () => {
    expect(await refused(create('web', { networks: [{ network: 'gone' }] }))).toMatchObject({ code: 'NoSuchNetwork' });
  });

  it('says what the host lacks', async () => {
    world.network.installed = false;
    await create('web');
    expect(await refused(start('web'))).toMatchObject({ code: 'NetworkingUnavailable' });
    expect(await world.state('web')).toBe('configured');
  });

  it('keeps its network in use', async () => {
    await create('web');
    await start('web');
    expect(() => {
      world.network.networks.remove('berth');
    }).toThrowError(
      expect.objectContaining({ code: 'NetworkInUse', facts: { network: 'berth', containers: ['web'] } }),
    );
  });
});

describe('ports', () => {
  it('of another container that runs are refused by its name, before anything is changed', async () => {
    await create('web', { ports: [{ hostPort: 8080, containerPort: 80, count: 4 }] });
    await create('other', { ports: [{ hostAddress: '127.0.0.1', hostPort: 8082, containerPort: 80 }] });
    await start('web');
    expect(await refused(start('other'))).toMatchObject({
      code: 'PortInUse',
      facts: { hostAddress: '127.0.0.1', hostPort: 8082, protocol: 'tcp', container: 'web' },
    });
    expect(existsSync(world.folder('other').network)).toBe(false);
    world.units.exits(world.unit('web'), { code: 0 });
    await world.containers.inspect('web');
    await start('other');
  });

  it('of a process of the host are refused by its name', async () => {
    world.network.taken.add(8080);
    await create('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    expect(await refused(start('web'))).toMatchObject({
      code: 'PortInUse',
      facts: { hostPort: 8080, process: { pid: 7 }, command: 'nginx' },
    });
  });

  it('that are left to berth are free ones, and stay', async () => {
    await create('one', { ports: [{ containerPort: 80 }, { containerPort: 81 }] });
    await create('two', { ports: [{ containerPort: 80, protocol: 'tcp' }] });
    const ports = (name: string): number[] => world.believed(name).config.ports.map(({ hostPort }) => hostPort);
    expect(new Set([...ports('one'), ...ports('two')]).size).toBe(3);
    expect(ports('one').every((port) => port > 0)).toBe(true);
  });

  it('are let go of when the container has ended for good', async () => {
    await create('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    await start('web');
    expect(world.network.reserved.size).toBe(1);
    world.units.exits(world.unit('web'), { code: 0 });
    await world.containers.inspect('web');
    await expect.poll(() => world.network.reserved.size).toBe(0);
  });
});

it('a start that fails lets go of the ports that it had taken', async () => {
  await create('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
  world.nextStart({ refuse: 'no' });
  expect(await refused(start('web'))).toBeDefined();
  expect(world.network.reserved.size).toBe(0);
});

describe('what an earlier run has left', () => {
  it('is given back before the next one, by what it was set up with', async () => {
    await create('web');
    await start('web');
    world.units.exits(world.unit('web'), { code: 0 });
    await world.containers.inspect('web');
    world.network.setUp(world.folder('web').pidFile, '00-berth.json\n');
    world.network.runs.length = 0;
    await start('web');
    expect(world.network.runs).toEqual(['down']);
  });

  it('is given back with the removal', async () => {
    await create('web');
    await start('web');
    world.units.exits(world.unit('web'), { code: 0 });
    await world.containers.inspect('web');
    world.network.setUp(world.folder('web').pidFile, '00-berth.json\n');
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(world.network.runs).toEqual(['down']);
  });
});

describe('connect and disconnect', () => {
  const running = async (): Promise<void> => {
    await world.network.networks.create({ name: 'app' }, patient);
    await create('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    await start('web');
    world.network.setUp(world.folder('web').pidFile, '00-berth.json\nup\n');
    world.network.runs.length = 0;
  };
  const hosts = (): string => readFileSync(join(world.folder('web').etc, 'hosts'), 'utf8');

  it('set a network up at once, and its files tell of it', async () => {
    await running();
    await world.containers.connect('web', { network: 'app', aliases: ['www'] }, patient);
    expect(world.network.runs).toEqual(['connect 01-app.json']);
    expect(addressesOf('web')).toEqual(['10.65.0.2', '10.64.0.2']);
    expect(hosts()).toContain('10.64.0.2');
    await world.containers.disconnect('web', 'app');
    expect(world.network.runs).toEqual(['connect 01-app.json', 'disconnect 01-app.json']);
    expect(addressesOf('web')).toEqual(['10.65.0.2']);
    expect(hosts()).not.toContain('10.64.0.2');
    expect(documentsOf('web')).toHaveLength(1);
  });

  it('moves ports to the next network when the one that has them goes', async () => {
    await running();
    await world.containers.connect('web', { network: 'app' }, patient);
    world.network.runs.length = 0;
    await world.containers.disconnect('web', 'berth');
    expect(world.network.runs).toEqual(['disconnect 00-berth.json', 'disconnect 01-app.json', 'connect 01-app.json']);
    expect(documentsOf('web')).toMatchObject([{ networks: { app: {} }, port_mappings: [{ host_port: 8080 }] }]);
  });

  it('leave everything as it was where netavark fails', async () => {
    await running();
    world.network.failing = { verb: 'connect', message: 'no' };
    expect(await refused(world.containers.connect('web', { network: 'app' }, patient))).toMatchObject({
      code: 'NetworkFailed',
      facts: { container: 'web', message: 'no' },
    });
    expect(world.believed('web').config.networks).toHaveLength(1);
    expect(world.network.runs).toEqual(['connect 01-app.json', 'disconnect 01-app.json']);
    expect(documentsOf('web')).toHaveLength(1);
  });

  it('only change what is written down of one that does not run', async () => {
    await world.network.networks.create({ name: 'app' }, patient);
    await create('web');
    await world.containers.connect('web', { network: 'app' }, patient);
    expect(world.network.runs).toEqual([]);
    expect(world.believed('web').config.networks.map(({ network }) => network)).toEqual(['berth', 'app']);
  });

  it('refuse what is so already, and containers that are on none', async () => {
    await running();
    expect(await refused(world.containers.connect('web', { network: 'berth' }, patient))).toMatchObject({
      code: 'AlreadyConnected',
    });
    expect(await refused(world.containers.disconnect('web', 'app'))).toMatchObject({ code: 'NotConnected' });
    await world.given('alone', 'configured', { network: 'none' });
    expect(await refused(world.containers.connect('alone', { network: 'app' }, patient))).toMatchObject({
      code: 'NetworkFailed',
    });
  });

  it('reload sets up again what runs, and nothing else', async () => {
    await running();
    await create('other');
    await world.containers.reloadNetwork(undefined);
    expect(world.network.runs).toEqual(['reload']);
  });
});
