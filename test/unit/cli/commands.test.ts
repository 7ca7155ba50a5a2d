import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { containerError, type ContainerHandlers, type LogLine } from '../../../src/api/io-berth-container.ts';
import { imageError, type LoadInput } from '../../../src/api/io-berth-image.ts';
import type { GetInfoOutput } from '../../../src/api/io-berth-system.ts';
import { aContainer, anImage, ID } from './fixtures.ts';
import { ago, berth, TestWorld } from './world.ts';

const done = async (): Promise<Record<string, never>> => await Promise.resolve({});
const noSuch = (container: string): Error => containerError('NoSuchContainer', { container });

describe('a verb with several names', () => {
  /** Every verb fails for 'gone' and works for all others. */
  const but =
    (error: (container: string) => Error) =>
    async ({ container }: { container: string }): Promise<Record<string, never>> => {
      if (container === 'gone') throw error(container);
      return await done();
    };
  const verbs: [verb: string, method: keyof ContainerHandlers, code: number][] = [
    ['start', 'Start', 125],
    ['init', 'Init', 125],
    ['stop', 'Stop', 125],
    ['kill', 'Kill', 125],
    ['restart', 'Restart', 125],
    ['pause', 'Pause', 125],
    ['unpause', 'Unpause', 125],
    ['cleanup', 'Cleanup', 125],
    ['rm', 'Remove', 1],
  ];
  it.each(verbs)('%s goes on after a failure and prints what it did', async (verb, method, code) => {
    const ran = await berth([verb, 'a', 'gone', 'b'], { containers: { [method]: but(noSuch) } });
    expect(ran).toMatchObject({ code, stdout: 'a\nb\n' });
    expect(ran.stderr).toBe("berth: there is no container 'gone'; 'berth ps -a' lists all there are\n");
  });

  it('prints in the order given, whoever is first', async () => {
    const slow = Promise.withResolvers<undefined>();
    const containers: Partial<ContainerHandlers> = {
      async Stop({ container }) {
        if (container === 'slow') await slow.promise;
        else slow.resolve(undefined);
        return {};
      },
    };
    expect(await berth(['stop', 'slow', 'quick'], { containers })).toMatchObject({ code: 0, stdout: 'slow\nquick\n' });
  });

  it('does no more than 16 at once, and all of 100', async () => {
    let now = 0;
    let most = 0;
    const containers: Partial<ContainerHandlers> = {
      async Stop() {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return {};
      },
    };
    const names = Array.from({ length: 100 }, (_, index) => `c${index.toString()}`);
    expect(await berth(['stop', ...names], { containers })).toMatchObject({ code: 0, stdout: `${names.join('\n')}\n` });
    expect(most).toBe(16);
  });

  it('needs one name at least', async () => {
    const ran = await berth(['start']);
    expect(ran).toMatchObject({
      code: 125,
      stderr: "berth: something is missing: a NAME, or --wanted; see 'berth start --help'\n",
    });
  });
});

describe('start', () => {
  it('leaves one alone that runs', async () => {
    const containers: Partial<ContainerHandlers> = {
      Start: async () =>
        await Promise.reject(containerError('WrongState', { container: 'a', state: 'running', operation: 'start' })),
    };
    expect(await berth(['start', 'a'], { containers })).toMatchObject({ code: 0, stdout: 'a\n', stderr: '' });
  });
  it.each([
    ['CommandNotFound', 127],
    ['CommandNotExecutable', 126],
  ] as const)('exits like the shell on %s', async (name, code) => {
    const containers = {
      Start: async () => await Promise.reject(containerError(name, { container: 'a', message: 'x' })),
    };
    expect(await berth(['start', 'a'], { containers })).toMatchObject({ code });
  });
});

describe('stop', () => {
  it.each([
    [['stop', 'a'], undefined],
    [['stop', '-t', '0', 'a'], 0],
    [['stop', '-t1.5', 'a'], 1_500_000],
    [['stop', '--time=3', 'a'], 3_000_000],
    [['stop', '--timeout', '3', 'a'], 3_000_000],
  ])('%j allows so much time', async (argv, expected) => {
    let timeout: number | undefined;
    const containers: Partial<ContainerHandlers> = {
      async Stop({ timeoutUSec }) {
        timeout = timeoutUSec;
        return await done();
      },
    };
    expect(await berth(argv, { containers })).toMatchObject({ code: 0 });
    expect(timeout).toBe(expected);
  });
  it('leaves one alone that has ended', async () => {
    const containers = { Stop: async () => await Promise.reject(containerError('AlreadyStopped', { container: 'a' })) };
    expect(await berth(['stop', 'a'], { containers })).toMatchObject({ code: 0, stdout: 'a\n', stderr: '' });
  });
});

it('kill sends the signal it was given, or leaves it to berthd', async () => {
  const signals: (string | undefined)[] = [];
  const containers: Partial<ContainerHandlers> = {
    async Kill({ signal }) {
      signals.push(signal);
      return await done();
    },
  };
  await berth(['kill', '-s', 'HUP', 'a'], { containers });
  await berth(['kill', 'a'], { containers });
  expect(signals).toEqual(['HUP', undefined]);
});

describe('wait', () => {
  it('prints exit codes, in the order given', async () => {
    const codes: Record<string, number | undefined> = { a: 3, b: 137, c: undefined };
    const containers: Partial<ContainerHandlers> = {
      Wait: async ({ container }) =>
        await Promise.resolve({ state: 'exited', exit: { exitCode: codes[container], oomKilled: false } }),
    };
    expect(await berth(['wait', 'a', 'b', 'c'], { containers })).toMatchObject({ code: 0, stdout: '3\n137\n-1\n' });
  });
  it('waits for the states it is told', async () => {
    let states: readonly string[] | undefined;
    const containers: Partial<ContainerHandlers> = {
      async Wait({ conditions }) {
        states = conditions;
        return await Promise.resolve({ state: 'running' });
      },
    };
    await berth(['wait', '--condition', 'running', '--condition=paused', 'a'], { containers });
    expect(states).toEqual(['running', 'paused']);
    expect((await berth(['wait', '--condition=dead', 'a'], { containers })).stderr).toContain("not 'dead'");
  });
});

describe('rm', () => {
  const wrongState = (container: string): Error =>
    containerError('WrongState', { container, state: 'running', operation: 'remove' });
  // prettier-ignore
  const cases: [what: string, errors: Record<string, Error>, code: number][] = [
    ['all went',          {},                                              0],
    ['one was not there', { a: noSuch('a') },                              1],
    ['one runs',          { a: wrongState('a') },                          2],
    ['one of each',       { a: noSuch('a'), b: wrongState('b') },          2],
    ['berthd failed',     { b: containerError('UnitFailed', { unit: 'u', result: 'x' }) }, 125],
  ];
  it.each(cases)('%s', async (_, errors, code) => {
    const Remove = async ({ container }: { container: string }): Promise<Record<string, never>> => {
      const error = errors[container];
      if (error !== undefined) throw error;
      return await done();
    };
    expect(await berth(['rm', 'a', 'b'], { containers: { Remove } })).toMatchObject({ code });
  });
  it('-f does not mind what is not there', async () => {
    const forced: (boolean | undefined)[] = [];
    const containers: Partial<ContainerHandlers> = {
      async Remove({ container, force }) {
        forced.push(force);
        return await Promise.reject(noSuch(container));
      },
    };
    expect(await berth(['rm', '-f', 'a'], { containers })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(forced).toEqual([true]);
  });
});

it.each([
  [imageError('NoSuchImage', { image: 'x' }), 1],
  [imageError('ImageInUse', { image: 'x', containers: ['web'] }), 2],
  [imageError('SystemFailed', { errnoName: 'EIO', message: 'x' }), 125],
])('rmi exits with podman’s codes: %s', async (refusal, code) => {
  expect(await berth(['rmi', 'x'], { images: { Remove: async () => await Promise.reject(refusal) } })).toMatchObject({
    code,
  });
});

describe('logs', () => {
  const lines = (...all: Partial<LogLine>[]): Partial<ContainerHandlers> => ({
    async *Logs() {
      const line = {
        stream: 'stdout' as const,
        terminated: true,
        timestamp: { realtime: 1_763_719_200_000_042 },
        cursor: 'c',
      };
      const lines = all.map((each) => ({ ...line, ...each }));
      yield await Promise.resolve({ lines: lines.slice(0, 3) });
      yield await Promise.resolve({ lines: lines.slice(3) });
    },
  });

  // prettier-ignore
  it.each<[argv: string[], input: object]>([
    [['web'],                              {}],
    [['-f', 'web'],                        { follow: true }],
    [['--tail', '10', 'web'],              { tail: 10 }],
    [['-n0', 'web'],                       { tail: 0 }],
    [['--tail=all', 'web'],                {}],
    [['--tail', '-1', 'web'],              {}],
    [['--since', '2m', '--until=-60s', 'web'], { since: ago(120), until: ago(60) }],
    [['-f', '--until=60s', 'web'],         { follow: true, until: ago(-60) }],
  ])('%j asks for no more than it is told', async (argv, input) => {
    let asked: object | undefined;
    const containers: Partial<ContainerHandlers> = {
      async *Logs(query) {
        asked = query;
        yield await Promise.resolve({});
      },
    };
    expect(await berth(['logs', ...argv], { containers })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(asked).toEqual({ container: 'web', together: true, ...input });
  });

  it('-t shows when each line began', async () => {
    const containers = lines(
      { message: 'one' },
      { message: 'err', stream: 'stderr' },
      { message: 'cut', terminated: false },
      { message: 'err', stream: 'stderr' },
      { message: ' short' },
      { messageBase64: Buffer.from([255]).toString('base64') },
    );
    const ran = await berth(['logs', '-t', 'web'], { containers });
    const at = '2025-11-21T10:00:00.000042Z';
    expect(ran.bytes).toEqual(
      Buffer.concat([Buffer.from(`${at} one\n${at} cut short\n${at} `), Buffer.from([255, 10])]),
    );
    expect(ran.stderr).toBe(`${at} err\n${at} err\n`);
  });
});

describe('logs of several', () => {
  const several = (): Partial<ContainerHandlers> => ({
    async Inspect({ container }) {
      if (container === 'nope') throw containerError('NoSuchContainer', { container });
      const {
        image: _image,
        labels: _labels,
        ports: _ports,
        ...rest
      } = aContainer({ name: container, id: container.padEnd(64, '0') });
      return await Promise.resolve({ ...rest, configuration: { image: 'x' }, bundle: '/b' });
    },
    async *Logs({ container }) {
      yield await Promise.resolve({
        lines: [
          {
            stream: 'stdout' as const,
            terminated: true,
            cursor: 'c',
            message: `from ${container.slice(0, 3)}`,
            timestamp: { realtime: 1_763_719_200_000_042 },
          },
        ],
      });
    },
  });

  it('says whose each line is', async () => {
    const ran = await berth(['logs', 'web', 'db'], { containers: several() });
    expect(ran.stdout.split('\n').toSorted()).toEqual(['', 'db0000000000 from db0', 'web000000000 from web']);
    expect(await berth(['logs', '--names', '-t', 'web'], { containers: several() })).toMatchObject({
      stdout: 'web 2025-11-21T10:00:00.000042Z from web\n',
    });
  });

  it('says nothing where one of them is not there', async () => {
    expect(await berth(['logs', 'web', 'nope'], { containers: several() })).toMatchObject({ code: 125, stdout: '' });
  });
});

describe('images', () => {
  it('load takes a path from here, and prints each name', async () => {
    const asked: LoadInput[] = [];
    const images = {
      async Load(input: LoadInput) {
        asked.push(input);
        return await Promise.resolve({
          images: [
            { image: anImage(), names: anImage().names },
            { image: anImage(), names: [] },
          ],
        });
      },
    };
    expect(await berth(['load', 'x.tar'], { images })).toMatchObject({
      code: 0,
      stdout: `Loaded image: docker.io/library/busybox:1.37\nLoaded image: sha256:${'b'.repeat(64)}\n`,
    });
    await berth(['load', '-i', '/x.tar', '--name', 'n', '--tag', 't'], { images });
    expect(asked).toEqual([{ path: '/here/x.tar' }, { path: '/x.tar', name: 'n', reference: 't' }]);
    for (const argv of [
      ['a', 'b'],
      ['-i', 'a', 'b'],
    ])
      expect(await berth(['load', ...argv], { images })).toMatchObject({ code: 125 });
  });
});

it('load reads standard input, which is no terminal', async () => {
  let read = '';
  const images = {
    async Load({ path }: LoadInput) {
      read = readFileSync(path, 'utf8');
      return await Promise.resolve({ images: [] });
    },
  };
  const stdin = Readable.from([Buffer.from('an arch'), Buffer.from('ive')]);
  expect(await berth(['load'], { images, stdin })).toMatchObject({ code: 0, stderr: '' });
  expect(read).toBe('an archive');
  const window = { columns: 80, rows: 24 };
  expect((await berth(['load'], { images, window })).stderr).toContain('not read from a terminal');
});

describe('info and version', () => {
  const INFO: GetInfoOutput = {
    version: '9.9.9',
    nodeVersion: '24.1.0',
    systemdVersion: '257',
    kernelVersion: '6.18',
    architecture: 'amd64',
    hostname: 'here',
    runtimes: [{ name: 'crun', path: '/usr/bin/crun', version: '1.21', checkpoint: true }],
    controllers: ['cpu', 'memory'],
    limits: [
      { name: 'memoryMaxBytes', controller: 'memory' },
      { name: 'allowedCpus', controller: 'cpuset', problem: 'a reason' },
      { name: 'allowedMemoryNodes', controller: 'cpuset', problem: 'a reason' },
    ],
    recursiveReadOnly: true,
    networking: { netavarkVersion: '1.14.0', aardvarkVersion: '1.14.0', firewallDriver: 'nftables' },
    dataDirectory: '/var/lib/berth',
    storageDirectory: '/var/lib/berth/storage',
    additionalStorageDirectories: ['/var/lib/containers/storage'],
    containers: { total: 3, running: 1, paused: 0, stopped: 2 },
    images: 4,
  };
  const system = { GetInfo: async () => await Promise.resolve(INFO) };

  it('info is for people, or JSON', async () => {
    const { stdout } = await berth(['info'], { system });
    expect(stdout).toContain('Runtimes:       crun 1.21 (can checkpoint)\n');
    expect(stdout).toContain("Cannot limit:   --cpuset-cpus, --cpuset-mems: no controller 'cpuset', since a reason\n");
    expect(stdout).toContain('Read-only:      mounts and what is below them\n');
    expect(stdout).toContain('Networks:       netavark 1.14.0 (nftables), aardvark-dns 1.14.0\n');
    expect(stdout).toContain('Containers:     3 (1 running, 0 paused, 2 stopped)\n');
    expect(JSON.parse((await berth(['info', '--format', 'json'], { system })).stdout)).toEqual(INFO);
  });

  it('version is that of both, or of this program alone', async () => {
    expect((await berth(['version'], { system })).stdout).toMatch(
      /^berth \d+\.\d+\.\d+\nberthd 9\.9\.9 \(Node 24\.1\.0, systemd 257\)\n$/,
    );
    const client = await berth(['version', '--client']);
    expect(client).toMatchObject({ code: 0, stderr: '' });
    expect((await berth(['--version'])).stdout).toBe(client.stdout);
    expect(JSON.parse((await berth(['version', '--format=json'], { system })).stdout)).toMatchObject({
      server: { berthd: '9.9.9' },
    });
  });

  it('version still tells its own when berthd does not answer', async () => {
    expect(await berth(['version'])).toMatchObject({ code: 125, stdout: (await berth(['--version'])).stdout });
  });
});

it('commands that need no answer never connect', async () => {
  const world = new TestWorld();
  const before = await world.run('--help');
  expect(before.code).toBe(0);
  expect(world.address).toBe('');
  expect(ID).toHaveLength(64);
});
