import { describe, expect, it } from 'vitest';
import { containerError, type ContainerHandlers, type InspectOutput } from '../../../src/api/io-berth-container.ts';
import { imageError, type InspectOutput as ImageInspectOutput } from '../../../src/api/io-berth-image.ts';
import { aContainer, anImage, listing } from './fixtures.ts';
import { berth, TestWorld } from './world.ts';

/** A method that keeps what it was asked. */
const keeping = (answer: object = {}) => {
  const asked: object[] = [];
  const handler = async (input: object): Promise<never> => {
    asked.push(input);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked against the interface by the service
    return await Promise.resolve(answer as never);
  };
  return { asked, handler };
};

describe('all of them', () => {
  const some = [aContainer({ name: 'a' }), aContainer({ name: 'b' })];
  // prettier-ignore
  it.each<[argv: string[], method: keyof ContainerHandlers, states: string[] | undefined]>([
    [['stop', '-a'],            'Stop',    ['created', 'running', 'paused']],
    [['kill', '--all'],         'Kill',    ['running']],
    [['pause', '-a'],           'Pause',   ['running']],
    [['unpause', '-a'],         'Unpause', ['paused']],
    [['restart', '-a'],         'Restart', undefined],
    [['restart', '--running'],  'Restart', ['running']],
    [['cleanup', '-a'],         'Cleanup', ['stopped', 'exited']],
    [['rm', '-a'],              'Remove',  undefined],
  ])('%j', async (argv, method, states) => {
    const { asked, handler } = keeping();
    let listed: object | undefined;
    const containers = {
      List: (input: object) => ((listed = input), listing(some)()),
      [method]: handler,
    };
    expect(await berth(argv, { containers })).toMatchObject({ code: 0, stdout: 'a\nb\n', stderr: '' });
    expect(asked).toMatchObject([{ container: 'a' }, { container: 'b' }]);
    expect(listed).toEqual(states === undefined ? {} : { states });
  });

  it('are not all and some', async () => {
    expect((await berth(['stop'])).stderr).toBe(
      "berth: something is missing: a NAME, or --all; see 'berth stop --help'\n",
    );
    expect((await berth(['stop', '-a', 'web'])).stderr).toContain('--all and names exclude each other');
  });
});

it.each(['stop', 'rm'])('%s --ignore does not mind what is not there', async (verb) => {
  const gone = async (): Promise<never> => await Promise.reject(containerError('NoSuchContainer', { container: 'x' }));
  const containers = { Stop: gone, Remove: gone };
  expect(await berth([verb, '-i', 'x'], { containers })).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

it('restart allows time to stop', async () => {
  const { asked, handler } = keeping();
  await berth(['restart', '-t', '0', 'web'], { containers: { Restart: handler } });
  await berth(['restart', 'web'], { containers: { Restart: handler } });
  expect(asked).toEqual([{ container: 'web', timeoutUSec: 0 }, { container: 'web' }]);
});

it.each([
  ['start', 'Start'],
  ['init', 'Init'],
])('%s --recursive starts those first that it needs', async (verb, method) => {
  const { asked, handler } = keeping();
  await berth([verb, '--recursive', 'web'], { containers: { [method]: handler } });
  await berth([verb, 'web'], { containers: { [method]: handler } });
  expect(asked).toEqual([{ container: 'web', recursive: true }, { container: 'web' }]);
});

it('rename', async () => {
  const { asked, handler } = keeping();
  const ran = await berth(['rename', 'a', 'b'], { containers: { Rename: handler } });
  expect(ran).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(asked).toEqual([{ container: 'a', name: 'b' }]);
});

it('sync prints states', async () => {
  const { handler } = keeping({ state: 'exited' });
  expect((await berth(['sync', 'a', 'b'], { containers: { Sync: handler } })).stdout).toBe('a exited\nb exited\n');
});

describe('update', () => {
  // prettier-ignore
  it.each<[options: string[], input: object]>([
    [['-m', '1g', '--cpus', '0.5'],    { resources: { memoryMaxBytes: 2 ** 30, cpuQuotaPerSecUSec: 500_000 }, unitProperties: [] }],
    [['-m0', '--pids-limit=-1'],       { resources: {}, unitProperties: ['MemoryMax=infinity', 'TasksMax=infinity'] }],
    [['--property', 'IPAddressDeny=any'], { resources: {}, unitProperties: ['IPAddressDeny=any'] }],
    [['--restart', 'on-failure:3'],    { resources: {}, unitProperties: [], restartPolicy: 'on_failure', restartLimit: 3 }],
  ])('%j', async (options, input) => {
    const { asked, handler } = keeping();
    const ran = await berth(['update', ...options, 'web'], { containers: { Update: handler } });
    expect(ran).toMatchObject({ code: 0, stdout: 'web\n', stderr: '' });
    expect(asked).toEqual([{ container: 'web', ...input }]);
  });
  it('wants to know what to change', async () => {
    expect(await berth(['update', 'web'])).toMatchObject({
      code: 125,
      stderr: "berth: something is missing: what to change; see 'berth update --help'\n",
    });
  });
});

describe('container prune', () => {
  it.each<[argv: string[], input: object]>([
    [[], {}],
    [['--filter', 'label=a=b', '--filter=label=c'], { labels: { a: 'b', c: '' } }],
  ])('%j prints what is gone', async (argv, input) => {
    let asked: object | undefined;
    const containers: Partial<ContainerHandlers> = {
      async *Prune(given) {
        asked = given;
        yield { id: 'abc', name: 'web' };
        yield await Promise.resolve({});
      },
    };
    expect(await berth(['container', 'prune', ...argv], { containers })).toMatchObject({ code: 0, stdout: 'abc\n' });
    expect(asked).toEqual(input);
  });
  it('asks a person, unless it is forced', async () => {
    const world = new TestWorld({ answer: 'no' });
    expect(await world.run('container', 'prune')).toMatchObject({ code: 0, stdout: '' });
    expect(world.questions).toEqual([
      'This removes all containers that have ended or were never started. Go on? [y/N] ',
    ]);
  });
  it('has the filters it has', async () => {
    expect((await berth(['container', 'prune', '--filter', 'name=x'])).stderr).toContain(
      "--filter takes label=KEY[=VALUE], not 'name=x'",
    );
  });
});

describe('inspect', () => {
  const { image: _image, labels: _labels, ports: _ports, ...rest } = aContainer();
  const container: InspectOutput = { ...rest, configuration: { image: 'x' }, bundle: '/b' };
  const image: ImageInspectOutput = {
    image: anImage(),
    entrypoint: [],
    command: ['sh'],
    environment: [],
    user: '',
    workingDirectory: '/',
    volumes: [],
    exposedPorts: [],
    layers: [],
  };
  const { image: facts, ...configured } = image;
  const options = {
    containers: {
      Inspect: async (input: { container: string }) =>
        await (input.container === 'web'
          ? Promise.resolve(container)
          : Promise.reject(containerError('NoSuchContainer', input))),
    },
    images: {
      Inspect: async (input: { image: string }) =>
        await (input.image === 'box' ? Promise.resolve(image) : Promise.reject(imageError('NoSuchImage', input))),
    },
  };

  // prettier-ignore
  it.each<[argv: string[], code: number, found: object[], complaint: string]>([
    [['inspect', 'web'],                        0, [container],                                ''],
    [['inspect', 'gone', 'web'],                125, [container],                                "there is no container 'gone'"],
    [['inspect', 'web', 'box'],                 0, [container, { ...facts, ...configured }],   ''],
    [['inspect', '--type', 'image', 'box'],     0, [{ ...facts, ...configured }],              ''],
    [['inspect', '--type', 'image', 'web'],     125, [],                                         "there is no image 'web'"],
    [['inspect', '--type=container', 'box'],    125, [],                                         "there is no container 'box'"],
    [['image', 'inspect', 'box'],               0, [{ ...facts, ...configured }],              ''],
    [['image', 'inspect', '--format=json', 'web'], 125, [],                                      "there is no image 'web'"],
  ])('%j', async (argv, code, found, complaint) => {
    const ran = await berth(argv, options);
    expect(ran.code).toBe(code);
    expect(JSON.parse(ran.stdout)).toEqual(found);
    expect(ran.stderr).toContain(complaint);
  });
  it('knows no other types', async () => {
    expect((await berth(['inspect', '--type', 'pod', 'web'])).stderr).toContain(
      "--type takes all, container, image, not 'pod'",
    );
  });
});

describe('start --wanted', () => {
  it('prints what it has started, tells of what it could not, and goes on', async () => {
    const containers = {
      async *StartWanted() {
        yield await Promise.resolve({ id: 'a', name: 'a' });
        yield { id: 'b', name: 'b', error: 'io.berth.Container.NoSuchSource', parameters: { source: '/data' } };
        yield { id: 'c', name: 'c' };
      },
    };
    expect(await berth(['start', '--wanted'], { containers })).toMatchObject({
      code: 125,
      stdout: 'a\nc\n',
      stderr: "berth: b: there is no '/data' on this host to mount; make it first\n",
    });
  });

  it.each([
    [['start'], 'something is missing: a NAME, or --wanted'],
    [['start', '--wanted', 'web'], '--wanted and names exclude each other'],
    [['start', '--wanted', '-a'], '--wanted goes with no other option'],
  ])('%j', async (argv, said) => {
    expect(await berth(argv)).toMatchObject({ code: 125, stdout: '', stderr: expect.stringContaining(said) as string });
  });
});
