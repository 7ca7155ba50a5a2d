import { describe, expect, it } from 'vitest';
import {
  networkError,
  type Definition,
  type ListOutput,
  type Network,
  type RemoveInput,
  type UpdateInput,
} from '../../../src/api/io-berth-network.ts';
import { ago, berth } from './world.ts';

const aNetwork = (changes: Partial<Network> = {}): Network => ({
  name: 'app',
  id: 'c'.repeat(64),
  driver: 'bridge',
  interface: 'berth1',
  createdAt: ago(60),
  subnets: [{ subnet: '10.64.0.0/24', gateway: '10.64.0.1' }],
  routes: [],
  ipv6: false,
  internal: false,
  dns: true,
  dnsServers: [],
  labels: { tier: 'front' },
  options: {},
  ipam: 'host_local',
  file: '/etc/berth/networks/app.json',
  ...changes,
});

describe('network create', () => {
  const creating = () => {
    const asked: (Definition | undefined)[] = [];
    const networks = {
      Create: async ({ definition }: { definition?: Definition | undefined }) => {
        asked.push(definition);
        return await Promise.resolve({ network: aNetwork({ name: definition?.name ?? 'network1' }) });
      },
    };
    return { networks, asked };
  };

  it.each<[string[], Definition]>([
    [['app'], { name: 'app' }],
    [[], {}],
    [
      ['--subnet', '10.1.0.0/24', '--gateway', '10.1.0.9', '--ip-range', '10.1.0.128/25', '--subnet=fd00::/64', 'app'],
      {
        name: 'app',
        subnets: [
          { subnet: '10.1.0.0/24', gateway: '10.1.0.9', leaseRange: { start: '10.1.0.129', end: '10.1.0.254' } },
          { subnet: 'fd00::/64' },
        ],
      },
    ],
    [
      ['-d', 'macvlan', '-o', 'parent=eth0', '-o', 'mode=vepa', '--ipam-driver=none', 'lan'],
      { name: 'lan', driver: 'macvlan', interface: 'eth0', options: { mode: 'vepa' }, ipam: 'none' },
    ],
    [
      [
        '--ipv6',
        '--internal',
        '--disable-dns',
        '--label',
        'a=b',
        '--route',
        '10.9.0.0/16,10.1.0.2,7',
        '--dns',
        '9.9.9.9',
      ],
      {
        ipv6: true,
        internal: true,
        dns: false,
        labels: { a: 'b' },
        routes: [{ destination: '10.9.0.0/16', gateway: '10.1.0.2', metric: 7 }],
        dnsServers: ['9.9.9.9'],
      },
    ],
  ])('%j', async (options, definition) => {
    const { networks, asked } = creating();
    expect(await berth(['network', 'create', ...options], { networks })).toMatchObject({
      code: 0,
      stdout: `${definition.name ?? 'network1'}\n`,
    });
    expect(asked).toEqual([definition]);
  });

  it.each([
    [['--driver', 'weave'], '--driver takes'],
    [['--gateway', '10.0.0.1'], '--gateway needs a --subnet each'],
    [['--subnet', '10.0.0.0/8', '--ip-range', 'x'], '--ip-range takes'],
    [['--route', 'x'], '--route takes'],
    [['--ipam-driver', 'x'], '--ipam-driver takes'],
  ])('refuses %j', async (options, words) => {
    const ran = await berth(['network', 'create', ...options]);
    expect(ran.code).toBe(125);
    expect(ran.stderr).toContain(words);
  });

  it('--ignore is content with one that exists', async () => {
    const networks = {
      Create: async () => await Promise.reject(networkError('NetworkExists', { name: 'app' })),
    };
    expect(await berth(['network', 'create', '--ignore', 'app'], { networks })).toMatchObject({
      code: 0,
      stdout: 'app\n',
    });
    expect((await berth(['network', 'create', 'app'], { networks })).code).toBe(125);
  });
});

describe('network ls', () => {
  const listing = (failure?: Error) => ({
    networks: {
      async *List(): AsyncGenerator<ListOutput> {
        yield await Promise.resolve({ network: aNetwork() });
        yield { network: aNetwork({ name: 'lan', id: 'd'.repeat(64), driver: 'macvlan', subnets: [], labels: {} }) };
        if (failure !== undefined) throw failure;
      },
    },
  });

  it('shows them', async () => {
    const { stdout } = await berth(['network', 'ls'], listing());
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['NETWORK ID', 'NAME', 'DRIVER', 'SUBNETS'],
      ['cccccccccccc', 'app', 'bridge', '10.64.0.0/24'],
      ['dddddddddddd', 'lan', 'macvlan'],
      [''],
    ]);
  });
  it.each([
    [['--filter', 'driver=macvlan'], 'lan\n'],
    [['--filter', 'name=ap'], 'app\n'],
    [['--filter', 'label=tier'], 'app\n'],
    [['--filter', 'id=dd'], 'lan\n'],
    [[], 'app\nlan\n'],
  ])('-q %j', async (options, stdout) => {
    expect(await berth(['network', 'ls', '-q', ...options], listing())).toMatchObject({ code: 0, stdout });
  });
  it('prints what podman prints for programs', async () => {
    const { stdout } = await berth(['network', 'ls', '--format', 'json'], listing());
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'app', network_interface: 'berth1', dns_enabled: true, ipam_options: { driver: 'host-local' } },
      { name: 'lan' },
    ]);
  });
  it('shows the others beside a file that makes no sense', async () => {
    const facts = { file: '/etc/berth/networks/bad.json', member: 'id', reason: 'no' };
    const ran = await berth(['network', 'ls', '-q'], listing(networkError('InvalidNetwork', facts)));
    expect(ran).toMatchObject({ code: 125, stdout: 'app\nlan\n' });
    expect(ran.stderr).toContain('/etc/berth/networks/bad.json');
  });
  it('refuses a filter that is none', async () => {
    expect((await berth(['network', 'ls', '--filter', 'x=y'])).code).toBe(125);
  });
});

describe('network inspect, rm, prune, exists and update', () => {
  it('inspect shows the file and who is on it', async () => {
    const networks = { Inspect: async () => await Promise.resolve({ network: aNetwork(), containers: ['web'] }) };
    const { stdout } = await berth(['network', 'inspect', 'app'], { networks });
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'app', file: '/etc/berth/networks/app.json', containers: ['web'] },
    ]);
  });
  it.each<[Error | undefined, number]>([
    [undefined, 0],
    [networkError('NoSuchNetwork', { network: 'app' }), 1],
    [networkError('NetworkInUse', { network: 'app', containers: ['web'] }), 2],
  ])('rm: %s ends with %i', async (failure, code) => {
    const asked: RemoveInput[] = [];
    const networks = {
      Remove: async (input: RemoveInput) => {
        asked.push(input);
        return await (failure === undefined ? Promise.resolve({}) : Promise.reject(failure));
      },
    };
    expect((await berth(['network', 'rm', '-f', 'app'], { networks })).code).toBe(code);
    expect(asked).toEqual([{ network: 'app', force: true }]);
  });
  it('prune prints what is gone', async () => {
    const networks = {
      async *Prune() {
        yield await Promise.resolve({ name: 'app' });
      },
    };
    expect(await berth(['network', 'prune', '-f'], { networks })).toMatchObject({ code: 0, stdout: 'app\n' });
  });
  it.each<[Error | undefined, number]>([
    [undefined, 0],
    [networkError('NoSuchNetwork', { network: 'app' }), 1],
    [networkError('InvalidNetwork', { file: '/x', member: '', reason: 'no' }), 125],
  ])('exists: %s ends with %i', async (failure, code) => {
    const found = { network: aNetwork(), containers: [] };
    const networks = {
      Inspect: async () => await (failure === undefined ? Promise.resolve(found) : Promise.reject(failure)),
    };
    expect((await berth(['network', 'exists', 'app'], { networks })).code).toBe(code);
  });
  it('update takes servers with commas, as podman does', async () => {
    const asked: UpdateInput[] = [];
    const networks = {
      Update: async (input: UpdateInput) => {
        asked.push(input);
        return await Promise.resolve({ network: aNetwork() });
      },
    };
    await berth(['network', 'update', '--dns-add', '1.1.1.1,9.9.9.9', '--dns-drop', '8.8.8.8', 'app'], { networks });
    expect(asked).toEqual([{ network: 'app', addDnsServers: ['1.1.1.1', '9.9.9.9'], removeDnsServers: ['8.8.8.8'] }]);
  });
});
