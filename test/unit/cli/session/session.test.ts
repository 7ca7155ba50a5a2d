import { randomBytes } from 'node:crypto';
import { PassThrough, Readable, Writable, type Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  containerError,
  type AttachInput,
  type Configuration,
  type ContainerHandlers,
  type ExecAttachInput,
  type ExecInput,
  type ExecSession,
  type StartAndAttachInput,
} from '../../../../src/api/io-berth-container.ts';
import { Channel, type ChannelEvents } from '../../../../src/stream/channel.ts';
import { encodeFrame } from '../../../../src/stream/frames.ts';
import { ID } from '../fixtures.ts';
import { berth, TestWorld, type Ran, type WorldOptions } from '../world.ts';

const SESSION = 'e'.repeat(64);
const STOPPED: ExecSession = {
  id: SESSION,
  container: ID,
  unit: 'berth-exec-eeeeeeeeeeee.scope',
  state: 'stopped',
  configuration: { command: ['sh'] },
  createdAt: { realtime: 1 },
  exitCode: 7,
};

/** What a process does with its client; it hears what is typed. */
type Process = (channel: Channel, typed: Typed, stream: Duplex) => Promise<void> | void;

class Typed {
  readonly chunks: Buffer[] = [];
  readonly sizes: unknown[] = [];
  readonly #end = Promise.withResolvers<Buffer>();
  readonly resized = Promise.withResolvers<undefined>();
  readonly events: ChannelEvents = {
    input: (chunk) => void this.chunks.push(chunk),
    inputEnd: () => {
      this.#end.resolve(Buffer.concat(this.chunks));
    },
    resize: (size) => {
      this.sizes.push(size);
      this.resized.resolve(undefined);
    },
  };

  /** Everything, once it has ended. */
  get all(): Promise<Buffer> {
    return this.#end.promise;
  }
}

const serving =
  (process: Process) =>
  async (stream: Duplex): Promise<void> => {
    const channel = new Channel(stream, { form: 'framed', detachKeys: Buffer.alloc(0) });
    const typed = new Typed();
    void channel.read(typed.events);
    await process(channel, typed, stream);
  };

interface Called {
  readonly execs: ExecInput[];
  readonly others: string[];
}

/** A berthd whose exec sessions do this. */
function anExec(process: Process): Called & { containers: Partial<ContainerHandlers> } {
  const execs: ExecInput[] = [];
  const others: string[] = [];
  const told = (name: string) => async (): Promise<Record<string, never>> => {
    others.push(name);
    return await Promise.resolve({});
  };
  return {
    execs,
    others,
    containers: {
      async Exec(input) {
        execs.push(input);
        return await Promise.resolve({ reply: { id: SESSION }, serve: serving(process) });
      },
      ExecStop: told('ExecStop'),
      ExecRemove: told('ExecRemove'),
      ExecStart: told('ExecStart'),
      ExecCreate: async () => await Promise.resolve({ id: SESSION }),
    },
  };
}

const exec = async (argv: readonly string[], process: Process, options: WorldOptions = {}): Promise<Ran> =>
  await berth(['exec', ...argv], { ...options, containers: anExec(process).containers });

describe('exec', () => {
  it('says what is to be run, and nothing that was not given', async () => {
    const { execs, containers } = anExec((channel) => channel.exit({ exitCode: 0 }));
    await berth(['exec', 'web', 'ls', '-l'], { containers });
    const options = '-i -t -e A=1 -e MINE -u app:app -w /tmp --privileged --detach-keys ctrl-a,d web sh'.split(' ');
    await berth(['exec', ...options], { containers, environment: { MINE: '2' }, window: { columns: 80, rows: 24 } });
    expect(execs).toEqual([
      { container: 'web', configuration: { command: ['ls', '-l'] } },
      {
        container: 'web',
        configuration: {
          command: ['sh'],
          environment: { A: '1', MINE: '2' },
          user: 'app:app',
          workingDirectory: '/tmp',
          terminal: true,
          stdin: true,
          privileged: true,
        },
        detachKeys: 'ctrl-a,d',
        size: { columns: 80, rows: 24 },
      },
    ]);
  });

  it('passes on descriptors that it was given, by their number alone, also to a command that is left to itself', async () => {
    const { execs, containers } = anExec((channel) => channel.exit({ exitCode: 0 }));
    const inherited = [3, 4, 5];
    await berth(['exec', '--preserve-fds', '3', 'web', 'ls'], { containers, inherited });
    expect(execs).toEqual([{ container: 'web', configuration: { command: ['ls'], preservedDescriptors: 3 } }]);
    const created: unknown[] = [];
    const ExecCreate = async (input: unknown) => {
      created.push(input);
      return await Promise.resolve({ id: SESSION });
    };
    await berth(['exec', '-d', '--preserve-fds=1', 'web', 'ls'], {
      containers: { ...containers, ExecCreate },
      inherited,
    });
    expect(created).toEqual([{ container: 'web', configuration: { command: ['ls'], preservedDescriptors: 1 } }]);
  });

  it.each([
    ['2', "--preserve-fds 2 passes on descriptor 4, which is not open; see 'berth exec --help'"],
    ['two', "--preserve-fds takes a whole number, 0 or more, not 'two'; see 'berth exec --help'"],
  ])('asks for nothing with --preserve-fds %s where only 3 is open', async (count, complaint) => {
    const { execs, containers } = anExec((channel) => channel.exit({ exitCode: 0 }));
    const ran = await berth(['exec', '--preserve-fds', count, 'web', 'ls'], { containers, inherited: [3, 5] });
    expect(ran).toMatchObject({ code: 125, stdout: '', stderr: `berth: ${complaint}\n` });
    expect(execs).toEqual([]);
  });

  it('writes each stream to its own, and exits as the command did', async () => {
    const ran = await exec(['x', 'sh'], (channel) => {
      channel.write('stdout', Buffer.from('one'));
      channel.write('stderr', Buffer.from('wrong'));
      channel.write('stdout', Buffer.from([0, 255]));
      channel.exit({ exitCode: 42 });
    });
    expect(ran).toMatchObject({ code: 42, stderr: 'wrong' });
    expect(ran.bytes).toEqual(Buffer.concat([Buffer.from('one'), Buffer.from([0, 255])]));
  });

  it('passes input on, cut into frames that are allowed, and its end', async () => {
    const input = randomBytes(3 * 1024 * 1024);
    const ran = await exec(
      ['-i', 'x', 'cat'],
      async (channel, typed) => {
        await typed.all;
        for (const chunk of typed.chunks) channel.write('stdout', chunk);
        channel.exit({ exitCode: 0 });
      },
      { stdin: Readable.from([input.subarray(0, 5), input.subarray(5)]) },
    );
    expect(ran.code).toBe(0);
    expect(ran.bytes.equals(input)).toBe(true);
  }, 10_000);

  it('passes nothing on without -i', async () => {
    const stdin = new PassThrough();
    stdin.end('not read');
    await exec(['x', 'cat'], (channel) => channel.exit({ exitCode: 0 }), { stdin });
    expect(stdin.read()).toEqual(Buffer.from('not read'));
  });

  // prettier-ignore
  const ends: [name: string, process: Process, code: number, stderr: RegExp][] = [
    ['cannot be found',       (channel) => channel.exit({ exitCode: 127, message: 'no nope\n' }), 127, /^berth: nothing was run: no nope\n$/],
    ['ends nobody knows how', (channel) => channel.exit({}), 125, /nobody knows how/],
    ['is detached from',      (channel) => channel.detached(), 0, /^berth: detached; the command goes on in the session e{12}\n$/],
    ['is told of an error',   (channel) => channel.fail('io.berth.Container.StreamOverrun', { limitBytes: 9 }), 125, /^berth: 9 bytes of output waited/],
    ['loses berthd, and the way back', (_channel, _typed, stream) => void stream.destroy(), 125, /^berth: berthd does not know .*ExecAttach/],
    ['hears nonsense',        (_channel, _typed, stream) => void stream.write(encodeFrame('control', Buffer.from('[]'))), 125, /not berthd/],
    ['hears its own stream',  (_channel, _typed, stream) => void stream.write(encodeFrame('stdin', Buffer.from('x'))), 125, /not berthd/],
  ];
  it.each(ends)('that %s', async (_name, process, code, stderr) => {
    const ran = await exec(['x', 'sh'], process);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toMatch(stderr);
  });

  // prettier-ignore
  const refusals: [error: Error, code: number][] = [
    [containerError('NoSuchContainer', { container: 'x' }), 125],
    [containerError('CommandNotFound', { container: 'x', message: 'no' }), 127],
    [containerError('CommandNotExecutable', { container: 'x', message: 'no' }), 126],
  ];
  it.each(refusals)('that is refused: %s', async (refusal, code) => {
    const ran = await berth(['exec', 'x', 'a'], { containers: { Exec: async () => await Promise.reject(refusal) } });
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toMatch(/^berth: .+\n$/);
  });

  it('asks its command to end when it gets a signal', async () => {
    const asked = Promise.withResolvers<undefined>();
    const connected = Promise.withResolvers<undefined>();
    const { containers } = anExec(async (channel) => {
      connected.resolve(undefined);
      await asked.promise;
      channel.exit({ exitCode: 143 });
    });
    const ExecStop = async (): Promise<Record<string, never>> => {
      asked.resolve(undefined);
      return await Promise.resolve({});
    };
    const world = new TestWorld({ containers: { ...containers, ExecStop } });
    const ran = world.run('exec', 'x', 'sleep', '9');
    await connected.promise;
    world.raise('SIGTERM');
    expect(await ran).toMatchObject({ code: 143, stderr: '' });
    expect(world.listensTo('SIGTERM')).toBe(false);
  });

  it('ends its command when nobody reads the output any more', async () => {
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const { others, containers } = anExec((channel) => {
      channel.write('stdout', Buffer.from('y\n'));
    });
    expect(await berth(['exec', 'x', 'yes'], { containers, stdout })).toMatchObject({ code: 141, stderr: '' });
    expect(others).toEqual(['ExecStop', 'ExecRemove']);
  });

  it('-d prints the ID of the session, and leaves none that does not start', async () => {
    const { containers } = anExec(() => undefined);
    expect(await berth(['exec', '-d', 'x', 'a'], { containers })).toMatchObject({ code: 0, stdout: `${SESSION}\n` });
    const { others, containers: failing } = anExec(() => undefined);
    const ExecStart = async (): Promise<never> =>
      await Promise.reject(containerError('CommandNotFound', { container: 'x', message: 'no' }));
    expect(await berth(['exec', '-d', 'x', 'a'], { containers: { ...failing, ExecStart } })).toMatchObject({
      code: 127,
    });
    expect(others).toEqual(['ExecRemove']);
  });

  it('wants a command', async () => {
    expect(await berth(['exec', 'x'])).toMatchObject({ code: 125, stdout: '' });
  });
});

describe('a terminal', () => {
  const window = { columns: 80, rows: 24 };

  it('is raw while the session lasts, whatever its end', async () => {
    for (const [, process] of [
      ['', (channel: Channel) => channel.exit({ exitCode: 0 })],
      ['', (_channel: Channel, _typed: Typed, stream: Duplex) => void stream.destroy()],
    ] as const) {
      const world = new TestWorld({ containers: anExec(process).containers, window });
      await world.run('exec', '-it', 'x', 'sh');
      expect(world.terminal).toEqual(['raw', 'restored']);
    }
  });

  it.each([['-i'], ['-t']])('is left alone with %s alone', async (option) => {
    const world = new TestWorld({ containers: anExec((channel) => channel.exit({ exitCode: 0 })).containers, window });
    await world.run('exec', option, 'x', 'sh');
    expect(world.terminal).toEqual([]);
  });

  it('is followed in its size', async () => {
    const world: TestWorld = new TestWorld({
      window,
      containers: anExec(async (channel, typed) => {
        world.window = { columns: 120, rows: 40 };
        while (!world.listensTo('SIGWINCH')) await new Promise(setImmediate);
        world.raise('SIGWINCH');
        await typed.resized.promise;
        channel.write('stdout', Buffer.from(JSON.stringify(typed.sizes)));
        channel.exit({ exitCode: 0 });
      }).containers,
    });
    expect(await world.run('exec', '-it', 'x', 'sh')).toMatchObject({ stdout: '[{"columns":120,"rows":40}]' });
  });
});

interface Attached {
  readonly calls: [string, AttachInput | StartAndAttachInput][];
  readonly made: Configuration[];
  readonly containers: Partial<ContainerHandlers>;
}

/** A berthd with one container, whose process does this. */
function aContainer(configuration: Partial<Configuration>, process: Process): Attached {
  const calls: Attached['calls'] = [];
  const made: Configuration[] = [];
  const by = (name: string) => async (input: AttachInput | StartAndAttachInput) => {
    calls.push([name, input]);
    return await Promise.resolve({ reply: {}, serve: serving(process) });
  };
  const inspected = {
    id: ID,
    name: 'web',
    unit: 'berth-web.service',
    imageId: 'a'.repeat(64),
    command: ['sh'],
    bundle: '/b',
    createdAt: { realtime: 1 },
    connections: [],
    runtime: { state: 'running' },
  } as const;
  return {
    calls,
    made,
    containers: {
      async Create(input) {
        made.push(input.configuration);
        return await Promise.resolve({ id: ID, name: 'x' });
      },
      Inspect: async () => await Promise.resolve({ ...inspected, configuration }),
      Attach: by('Attach'),
      StartAndAttach: by('StartAndAttach'),
    },
  };
}

const exits =
  (code: number): Process =>
  (channel) =>
    channel.exit({ exitCode: code });

describe('attach', () => {
  // prettier-ignore
  it.each<[options: string[], configuration: Partial<Configuration>, input: Partial<AttachInput>]>([
    [[],                                 {},                 { stdin: false }],
    [[],                                 { stdin: true },    { stdin: true }],
    [[],                                 { terminal: true }, { stdin: true, size: { columns: 80, rows: 24 } }],
    [['--no-stdin'],                     { stdin: true },    { stdin: false }],
    [['--detach-keys', 'ctrl-a'],        {},                 { stdin: false, detachKeys: 'ctrl-a' }],
    [['-a', 'stdout'],                   { stdin: true },    { stdin: false, stdout: true, stderr: false }],
    [['-a', 'stdin', '-a', 'STDERR'],    { stdin: true },    { stdin: true, stdout: false, stderr: true }],
  ])('%j to %o', async (options, configuration, input) => {
    const { calls, containers } = aContainer(configuration, exits(3));
    const ran = await berth(['attach', ...options, 'web'], { containers, window: { columns: 80, rows: 24 } });
    expect(ran).toMatchObject({ code: 3, stderr: '' });
    expect(calls).toEqual([['Attach', { container: 'web', ...input }]]);
  });

  it('passes signals on, unless there is a terminal: then they end berth and not the container', async () => {
    const killed = Promise.withResolvers<string | undefined>();
    const connected = Promise.withResolvers<undefined>();
    const { containers } = aContainer({}, async (channel) => {
      connected.resolve(undefined);
      await killed.promise;
      channel.exit({ exitCode: 5 });
    });
    const Kill: ContainerHandlers['Kill'] = async ({ signal }) => await Promise.resolve(killed.resolve(signal) ?? {});
    const world = new TestWorld({ containers: { ...containers, Kill } });
    const ran = world.run('attach', 'web');
    await connected.promise;
    world.raise('SIGHUP');
    expect([await killed.promise, (await ran).code]).toEqual(['SIGHUP', 5]);

    const there = Promise.withResolvers<undefined>();
    const silent = aContainer({ terminal: true }, () => {
      there.resolve(undefined);
    });
    const other = new TestWorld({ containers: silent.containers, window: { columns: 1, rows: 1 } });
    const left = other.run('attach', 'web');
    await there.promise;
    other.raise('SIGTERM');
    expect(await left).toMatchObject({ code: 143, stderr: '' });
    expect(other.terminal).toEqual(['raw', 'restored']);
  });
});

describe('run -i and -t', () => {
  it('attach before the start', async () => {
    const { calls, made, containers } = aContainer({}, exits(4));
    expect(await berth(['run', '-it', '--detach-keys', '', 'busybox'], { containers })).toMatchObject({ code: 4 });
    expect(made).toEqual([{ image: 'busybox', terminal: true, stdin: true, streams: 'relay', detachKeys: '' }]);
    expect(calls).toEqual([['StartAndAttach', { container: ID, stdin: true, detachKeys: '' }]]);
  });

  it('is at some of the streams only, with -a', async () => {
    const { calls, made, containers } = aContainer({}, exits(0));
    await berth(['run', '-a', 'stderr', 'busybox'], { containers });
    await berth(['run', '-a', 'stdin', '-a=stdout', 'busybox'], { containers });
    expect(made).toEqual([
      { image: 'busybox', streams: 'relay' },
      { image: 'busybox', streams: 'relay', stdin: true },
    ]);
    expect(calls).toEqual([
      ['StartAndAttach', { container: ID, stdin: false, stdout: false, stderr: true }],
      ['StartAndAttach', { container: ID, stdin: true, stdout: true, stderr: false }],
    ]);
    expect(await berth(['run', '-a', 'stdlog', 'busybox'], { containers })).toMatchObject({ code: 125 });
    expect(await berth(['run', '-d', '-a', 'stdout', 'busybox'], { containers })).toMatchObject({ code: 125 });
  });

  it('tell how to come back when detached from', async () => {
    const { containers } = aContainer({}, (channel) => channel.detached());
    const ran = await berth(['run', '-it', 'busybox'], { containers });
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(ran.stderr).toContain(`'berth attach ${ID.slice(0, 12)}'`);
  });

  it('leave nothing where the container was to be removed and does not start', async () => {
    const { containers } = aContainer({}, exits(0));
    const removed: string[] = [];
    const refused = async (): Promise<never> =>
      await Promise.reject(containerError('CommandNotFound', { container: 'x', message: 'no' }));
    const ran = await berth(['run', '-i', '--rm', 'busybox', 'nope'], {
      containers: {
        ...containers,
        StartAndAttach: refused,
        Remove: async ({ container }) => {
          removed.push(container);
          return await Promise.resolve({});
        },
      },
    });
    expect(ran.code).toBe(127);
    expect(removed).toEqual([ID]);
  });
});

describe('start', () => {
  // prettier-ignore
  it.each<[options: string[], input: object]>([
    [['-a'],       { stdin: false }],
    [['-i'],       { stdin: true }],
    [['-a=stderr'], { stdin: false, stdout: false, stderr: true }],
    [['--attach=stdin', '-a=stdout'], { stdin: true, stdout: true, stderr: false }],
    [['-ai', '--recursive'], { stdin: true, recursive: true }],
  ])('%j', async (options, input) => {
    const { calls, containers } = aContainer({ stdin: true }, exits(6));
    expect(await berth(['start', ...options, 'web'], { containers })).toMatchObject({ code: 6 });
    expect(calls).toEqual([['StartAndAttach', { container: 'web', ...input }]]);
  });

  it('-ai runs one that has no input', async () => {
    const { calls, containers } = aContainer({ stdin: false }, exits(6));
    expect(await berth(['start', '-ai', 'web'], { containers })).toMatchObject({ code: 6 });
    expect(calls).toEqual([['StartAndAttach', { container: 'web', stdin: false }]]);
  });

  it('-a attaches to one that runs, and to one only', async () => {
    const { calls, containers } = aContainer({}, exits(0));
    const running = async (): Promise<never> =>
      await Promise.reject(containerError('WrongState', { container: 'web', state: 'running', operation: 'start' }));
    await berth(['start', '-a', 'web'], { containers: { ...containers, StartAndAttach: running } });
    expect(calls).toEqual([['Attach', { container: 'web', stdin: false }]]);
    expect(await berth(['start', '-a', 'web', 'db'], { containers })).toMatchObject({ code: 125 });
  });
});

describe('a berthd that goes away', () => {
  const dies: Process = (channel, _typed, stream) => {
    channel.write('stdout', Buffer.from('one '));
    setImmediate(() => stream.destroy());
  };
  /** What becomes of `exec` when the first connection does `first`, and each later one `then`. */
  const resumed = async (
    options: readonly string[],
    first: Process,
    then: Process | Error,
    world: WorldOptions & { readonly inputOpen?: boolean; readonly missed?: boolean } = {},
  ) => {
    const { others, containers } = anExec(first);
    const attached: ExecAttachInput[] = [];
    const ExecAttach: ContainerHandlers['ExecAttach'] = async (input) => {
      attached.push(input);
      if (then instanceof Error) throw then;
      return await Promise.resolve({
        reply: { inputOpen: world.inputOpen, missed: world.missed },
        serve: serving(then),
      });
    };
    const ExecInspect: ContainerHandlers['ExecInspect'] = async () =>
      await Promise.resolve({ execSession: { ...STOPPED, missed: world.missed } });
    const test = new TestWorld({ ...world, containers: { ...containers, ExecAttach, ExecInspect } });
    const ran = await test.run('exec', ...options, 'x', 'sh');
    return { ran, attached, others, terminal: test.terminal };
  };
  const goesOn: Process = (channel) => {
    channel.write('stdout', Buffer.from('two'));
    channel.exit({ exitCode: 3 });
  };

  it('is followed by the next one, from there on', async () => {
    const { ran, attached, others } = await resumed(['--detach-keys', 'ctrl-a'], dies, goesOn);
    expect(ran).toMatchObject({ code: 3, stdout: 'one two', stderr: '' });
    expect(attached).toEqual([{ session: SESSION, stdin: false, detachKeys: 'ctrl-a', foreground: true }]);
    expect(others).toEqual(['ExecRemove']);
  });

  it('is followed by one that went on without it, which is said, and is a failure', async () => {
    const { ran, others } = await resumed([], dies, goesOn, { missed: true });
    expect(ran).toMatchObject({ code: 125, stdout: 'one ' });
    expect(ran.stderr).toContain('some of the output was lost');
    expect(others).not.toEqual([]);
  });

  it('leaves a terminal raw, and a person can type on', async () => {
    const stdin = new PassThrough();
    const types: Process = async (channel, typed, stream) => {
      stdin.write('a');
      while (typed.chunks.length === 0) await new Promise(setImmediate);
      await dies(channel, typed, stream);
    };
    const echoes: Process = async (channel, typed) => {
      stdin.write('b');
      while (typed.chunks.length === 0) await new Promise(setImmediate);
      channel.write('stdout', Buffer.concat(typed.chunks));
      channel.exit({ exitCode: 0 });
    };
    const window = { columns: 80, rows: 24 };
    const { ran, attached, terminal } = await resumed(['-it'], types, echoes, { window, stdin, inputOpen: true });
    expect(ran).toMatchObject({ code: 0, stdout: 'one b', stderr: '' });
    expect(attached).toMatchObject([{ stdin: true, size: window }]);
    expect(terminal).toEqual(['raw', 'restored']);
  });

  const readsAllAndDies: Process = async (channel, typed, stream) => {
    await typed.all;
    await dies(channel, typed, stream);
  };

  it('is no harm to input that has arrived with its end', async () => {
    const world = { stdin: Readable.from(['data']), inputOpen: false };
    expect((await resumed(['-i'], readsAllAndDies, goesOn, world)).ran).toMatchObject({ code: 3, stdout: 'one two' });
  });

  it('ends a command whose input may have been lost, and says so', async () => {
    const world = { stdin: Readable.from(['data']), inputOpen: true };
    const { ran, others } = await resumed(['-i'], readsAllAndDies, goesOn, world);
    expect(ran).toMatchObject({ code: 125, stdout: 'one ' });
    expect(ran.stderr).toContain('nobody knows how much of it arrived');
    expect(others).toEqual(['ExecStop', 'ExecRemove', 'ExecRemove']);
  });

  it('does not take the exit code of a process along that said nothing more', async () => {
    const gone = containerError('WrongExecState', { session: SESSION, state: 'stopped', operation: 'attach' });
    const { ran } = await resumed([], dies, gone);
    expect(ran).toMatchObject({ code: 7, stdout: 'one ', stderr: '' });
  });

  it('is a failure where the process ended, and what it said in the end went by', async () => {
    const gone = containerError('WrongExecState', { session: SESSION, state: 'stopped', operation: 'attach' });
    const { ran } = await resumed([], dies, gone, { missed: true });
    expect(ran).toMatchObject({ code: 125, stdout: 'one ' });
    expect(ran.stderr).toContain('some of the output was lost');
  });

  it('is given up when it never stays', async () => {
    const { ran, attached, terminal } = await resumed(
      ['-it'],
      dies,
      (_channel, _typed, stream) => void stream.destroy(),
      {
        window: { columns: 80, rows: 24 },
        stdin: new PassThrough(),
      },
    );
    expect(ran).toMatchObject({ code: 125, stdout: 'one ' });
    expect(attached).toHaveLength(5);
    expect(terminal).toEqual(['raw', 'restored']);
  });

  it('does not start a container twice', async () => {
    const { calls, containers } = aContainer({}, dies);
    const Attach: ContainerHandlers['Attach'] = async (input) => {
      calls.push(['Attach', input]);
      return await Promise.resolve({ reply: {}, serve: serving(goesOn) });
    };
    const ran = await berth(['run', '-t', 'busybox'], { containers: { ...containers, Attach } });
    expect(ran).toMatchObject({ code: 3, stdout: 'one two' });
    expect(calls.map(([name]) => name)).toEqual(['StartAndAttach', 'Attach']);
    expect(calls[1]?.[1]).toEqual({ container: ID, stdin: false, foreground: true });
  });

  it('is asked how a container ended meanwhile', async () => {
    const { containers } = aContainer({}, dies);
    const over = containerError('WrongState', { container: 'x', state: 'exited', operation: 'attach' });
    const Wait: ContainerHandlers['Wait'] = async () =>
      await Promise.resolve({ state: 'exited', exit: { exitCode: 9, oomKilled: false } } as const);
    const Attach = async (): Promise<never> => await Promise.reject(over);
    const ran = await berth(['run', '-t', 'busybox'], { containers: { ...containers, Attach, Wait } });
    expect(ran).toMatchObject({ code: 9, stdout: 'one ' });
    expect(ran.stderr).toContain(`'berth logs ${ID.slice(0, 12)}' has the rest`);
  });
});
