/** Networks as users have them: published ports from another host, names, addresses that stay, and nothing left behind. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Configuration } from '../../src/api/io-berth-container.ts';
import { isNetworkError } from '../../src/api/io-berth-network.ts';
import type { Berth } from './berth.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(machine, (connected) => {
  berth = connected;
});

/** Another host: it reaches this one by an address of its own, and nothing else. */
const OUTSIDE = { here4: '192.0.2.1', there4: '192.0.2.2', here6: '2001:db8::1', there6: '2001:db8::2' };

beforeAll(async () => {
  await machine.sh(`
    ip netns add outside
    ip link add outside type veth peer name eth0 netns outside
    ip address add ${OUTSIDE.here4}/24 dev outside; ip address add ${OUTSIDE.here6}/64 dev outside nodad
    ip link set outside up
    ip -n outside address add ${OUTSIDE.there4}/24 dev eth0; ip -n outside address add ${OUTSIDE.there6}/64 dev eth0 nodad
    ip -n outside link set lo up; ip -n outside link set eth0 up`);
});
afterAll(async () => {
  await machine.sh('ip link delete outside; ip netns delete outside');
});
afterEach(async () => {
  await berth.removeAll();
  for await (const { network } of berth.networks.list())
    if (network !== undefined) await berth.networks.remove({ network: network.name });
});

const text = async (script: string): Promise<string> => (await machine.sh(script)).text();
const fails = async (script: string): Promise<boolean> => (await machine.exec(['sh', '-c', script])).code !== 0;
const SERVE =
  'trap "exit 0" TERM; mkdir -p /www; echo "I am $(hostname)" >/www/index.html; httpd -f -p 80 -h /www & while :; do wait; done';
const get = (url: string): string => `busybox wget -T 3 -qO- ${url}`;
const inside = async (container: string, script: string): Promise<string> =>
  await text(`berth exec ${container} sh -c '${script}'`);
const run = async (name: string, configuration: Partial<Configuration> = {}, script = SERVE): Promise<void> => {
  await berth.run(name, script, { hostname: name, networks: [{ network: 'berth' }], ...configuration });
  await expect.poll(async () => await fails(`berth exec ${name} sh -c 'wget -qO- http://127.0.0.1/'`)).toBe(false);
};
const answers = async (script: string, expected: string | RegExp): Promise<void> => {
  await expect.poll(async () => await text(`${script} || true`), { timeout: 10_000 }).toMatch(expected);
};

describe('published ports', () => {
  it('are reached from another host, and from this one', async () => {
    await run('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    await answers(get(`http://${OUTSIDE.here4}:8080/`).replace(/^/, 'ip netns exec outside '), /I am web/);
    await answers(get('http://127.0.0.1:8080/'), /I am web/);
    expect(await text('berth port web')).toBe('80/tcp -> 0.0.0.0:8080');
  });

  it('are reached over IPv6 where the network has it', async () => {
    await berth.networks.create({ definition: { name: 'six', ipv6: true } });
    await run(
      'web',
      { networks: [{ network: 'six' }], ports: [{ hostPort: 8080, containerPort: 80 }] },
      SERVE.replace('-p 80', '-p [::]:80'),
    );
    await answers(get(`http://[${OUTSIDE.here6}]:8080/`).replace(/^/, 'ip netns exec outside '), /I am web/);
  });

  it('at one address of the host are not seen at others', async () => {
    await run('web', { ports: [{ hostAddress: '127.0.0.1', hostPort: 8080, containerPort: 80 }] });
    await answers(get('http://127.0.0.1:8080/'), /I am web/);
    expect(await fails(`ip netns exec outside ${get(`http://${OUTSIDE.here4}:8080/`)}`)).toBe(true);
  });

  it('that are free ones are told, and ranges go one to one', async () => {
    await run('web', { ports: [{ containerPort: 80 }, { hostPort: 9000, containerPort: 79, count: 3 }] });
    const { configuration } = await berth.containers.inspect({ container: 'web' });
    const [free] = configuration.ports ?? [];
    await answers(get(`http://127.0.0.1:${free?.hostPort ?? 0}/`), /I am web/);
    await answers(get('http://127.0.0.1:9001/'), /I am web/);
  });

  it('are reached by containers, the own one too, by the address of the host', async () => {
    await run('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    await run('other');
    for (const container of ['web', 'other'])
      expect(await inside(container, `wget -T 3 -qO- http://${OUTSIDE.here4}:8080/`)).toBe('I am web');
    expect(await inside('other', 'wget -T 3 -qO- http://host.containers.internal:8080/')).toBe('I am web');
  });

  it('of another container, or a process of the host, are refused by its name', async () => {
    await run('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    await berth.create('other', SERVE, {
      networks: [{ network: 'berth' }],
      ports: [{ hostPort: 8080, containerPort: 80 }],
    });
    await expect(berth.containers.start({ container: 'other' })).rejects.toMatchObject({
      error: 'io.berth.Container.PortInUse',
      parameters: { hostPort: 8080, protocol: 'tcp', container: 'web' },
    });
    await machine.sh(
      'systemd-run --collect --unit=berth-test-holder socat TCP-LISTEN:8090,fork -; until ss -ltnH | grep -q :8090; do :; done',
    );
    await berth.create('third', SERVE, {
      networks: [{ network: 'berth' }],
      ports: [{ hostPort: 8090, containerPort: 80 }],
    });
    await expect(berth.containers.start({ container: 'third' })).rejects.toMatchObject({
      error: 'io.berth.Container.PortInUse',
      parameters: { hostPort: 8090, command: 'socat' },
    });
    await machine.sh('systemctl stop berth-test-holder');
    // And nobody on the host gets one that a container has: it is refused, and not kept waiting.
    expect(await fails('socat -T 1 TCP-LISTEN:8080 -')).toBe(true);
  });
});

describe('names', () => {
  it('are those of containers on the same networks', async () => {
    await berth.networks.create({ definition: { name: 'one', options: { isolate: 'true' } } });
    await berth.networks.create({ definition: { name: 'two', options: { isolate: 'true' } } });
    await run('a', { networks: [{ network: 'one', aliases: ['first'] }] });
    await run('b', { networks: [{ network: 'two' }] });
    await run('both', { networks: [{ network: 'one' }, { network: 'two' }] });
    const finds = async (container: string, name: string): Promise<boolean> =>
      !(await fails(`berth exec ${container} wget -T 2 -qO- http://${name}/`));
    const { id } = await berth.containers.inspect({ container: 'a' });
    for (const name of ['a', 'first', id.slice(0, 12)]) expect([name, await finds('both', name)]).toEqual([name, true]);
    expect(await finds('both', 'b')).toBe(true);
    expect(await finds('a', 'b')).toBe(false);
    await berth.networks.connect({ network: 'two', container: 'a', aliases: ['late'] });
    expect(await finds('a', 'b')).toBe(true);
    expect(await finds('b', 'late')).toBe(true);
    await berth.networks.disconnect({ network: 'two', container: 'a' });
    expect(await finds('a', 'b')).toBe(false);
  });

  it('are answered again when aardvark-dns was killed', async () => {
    await run('a');
    await run('b');
    await machine.sh('kill -KILL $(cat /run/berth/netavark/aardvark-dns/aardvark.pid)');
    await expect.poll(async () => await fails('berth exec a wget -T 1 -qO- http://b/')).toBe(false);
    expect((await berth.show('berth-dns.service', 'ActiveState'))['ActiveState']).toBe('active');
  });
});

describe('addresses', () => {
  it('stay over restarts by hand, by systemd, and a rename', async () => {
    await run('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    const connections = async (container: string) => (await berth.containers.inspect({ container })).connections;
    const before = await connections('web');
    await berth.containers.restart({ container: 'web' });
    expect(await connections('web')).toEqual(before);
    await machine.sh('systemctl restart berth-web.service');
    await answers(get('http://127.0.0.1:8080/'), /I am web/);
    expect(await text('ip netns exec berth-web ip -4 -o address show eth0')).toContain(before[0]?.addresses[0]);
    await berth.containers.stop({ container: 'web' });
    await berth.containers.rename({ container: 'web', name: 'front' });
    await berth.containers.start({ container: 'front' });
    expect(await connections('front')).toEqual(before);
    expect(await text('ip netns list')).toContain('berth-front');
  });

  it('are used without berthd: systemd starts the unit again by itself', async () => {
    await run('web', { ports: [{ hostPort: 8080, containerPort: 80 }], restartPolicy: 'always' });
    await machine.sh('systemctl stop berthd.socket berthd.service');
    await machine.sh('kill -KILL $(systemctl show -P MainPID berth-web.service)');
    await answers(get('http://127.0.0.1:8080/'), /I am web/);
    await machine.sh('systemctl start berthd.socket');
    await reconnect();
  });

  it('that are shared are those of the other container', async () => {
    await run('web');
    await berth.run('beside', 'sleep 1000', { network: 'container:web' });
    expect(await text('berth exec beside wget -qO- http://127.0.0.1/')).toBe('I am web');
    expect(await text('berth exec beside cat /etc/hosts')).toBe(await text('berth exec web cat /etc/hosts'));
  });
});

describe('the firewall', () => {
  it('that was flushed is set up again by Reload, with what runs running on', async () => {
    await run('web', { ports: [{ hostPort: 8080, containerPort: 80 }] });
    await run('other', { ports: [{ hostPort: 8081, containerPort: 80 }] });
    const { runtime } = await berth.containers.inspect({ container: 'web' });
    await machine.sh('nft flush ruleset');
    expect(await fails(get('http://127.0.0.1:8080/'))).toBe(true);
    await berth.networks.reload({});
    await answers(get('http://127.0.0.1:8080/'), /I am web/);
    await answers(get('http://127.0.0.1:8081/'), /I am other/);
    expect((await berth.containers.inspect({ container: 'web' })).runtime.process).toEqual(runtime.process);
  });
});

describe('networks', () => {
  it('have subnets that clash with nothing, and are kept while containers are on them', async () => {
    await machine.sh('ip address add 10.64.3.3/16 dev outside');
    const { network } = await berth.networks.create({ definition: { name: 'app' } });
    expect(network.subnets[0]?.subnet).toBe('10.65.0.0/24');
    await machine.sh('ip address delete 10.64.3.3/16 dev outside');
    await run('web', { networks: [{ network: 'app' }] });
    await expect(berth.networks.remove({ network: 'app' })).rejects.toSatisfy((error: unknown) =>
      isNetworkError(error, 'NetworkInUse'),
    );
    await berth.networks.remove({ network: 'app', force: true });
    await expect(berth.containers.inspect({ container: 'web' })).rejects.toMatchObject({
      error: 'io.berth.Container.NoSuchContainer',
    });
  });

  it('that cannot be set up say why, and leave nothing', async () => {
    await berth.networks.create({ definition: { name: 'lan', driver: 'macvlan', interface: 'nosuch0', ipam: 'none' } });
    await berth.create('web', SERVE, { networks: [{ network: 'lan' }] });
    await expect(berth.containers.start({ container: 'web' })).rejects.toMatchObject({
      error: 'io.berth.Container.NetworkFailed',
      parameters: { container: 'web', message: expect.stringContaining('No such device') as string },
    });
  });
});
