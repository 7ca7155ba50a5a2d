import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shortId } from '../../../../src/container/names.ts';
import { RuntimeError } from '../../../../src/oci/errors.ts';
import { anImage } from '../../../support/fakes.ts';
import { ALONE, aWorld, patient } from '../../../support/world.ts';

const says = (msg: string): string => JSON.stringify({ level: 'error', msg, time: '2026-11-21T12:00:00Z' });

describe('Start', () => {
  it('runs the process of a new container, and of one that has ended', async () => {
    await using world = aWorld();
    await world.given('web');
    await world.containers.start('web', ALONE, patient);
    expect(world.believed('web').status).toMatchObject({ state: 'running', pid: 1001 });
    world.units.exits('berth-web.service', { code: 0 });
    await world.containers.start('web', ALONE, patient);
    expect(world.believed('web').status).toMatchObject({ state: 'running', pid: 1002 });
    expect([...world.runtimes[0]!.known.values()]).toEqual(['running']);
  });

  it('hands the journal streams on and closes its own', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    expect(world.journal.open.size).toBe(0);
    expect(world.units.property('berth-web.service', 'StandardOutputFileDescriptor')).toBe(101);
    expect(world.units.property('berth-web.service', 'StandardErrorFileDescriptor')).toBe(102);
  });

  it.each(['running', 'paused'] as const)('refuses one that is %s', async (state) => {
    await using world = aWorld();
    await world.given('web', state);
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { container: 'web', state, operation: 'start' },
    });
  });

  it('lets the second of two starts see what the first has done', async () => {
    await using world = aWorld();
    await world.given('web');
    const [first, second] = await Promise.allSettled([
      world.containers.start('web', ALONE, patient),
      world.containers.start('web', ALONE, patient),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'WrongState', facts: { state: 'running' } } });
  });

  it('starts one whose unit failed and is still loaded', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.units.exits('berth-web.service', { code: 3 });
    expect(await world.state('web')).toBe('exited');
    expect(world.units.isLoaded('berth-web.service')).toBe(true);
    await world.containers.start('web', ALONE, patient);
    expect(await world.state('web')).toBe('running');
  });

  it('starts one that failed before berthd died, and of which it had not seen a thing', async () => {
    await using world = aWorld();
    const { id } = await world.given('web');
    const row = world.database.prepare('SELECT * FROM container').get();
    world.nextStart({ fail: 'exit-code', runtimeSays: says('boom') });
    await expect(world.containers.start(id, ALONE, patient)).rejects.toThrow();
    // The failed unit of a start whose berthd did not live to forget it.
    await world.containers.start('web', ALONE, patient);
    world.units.exits('berth-web.service', { code: 3 });
    world.database.prepare('UPDATE container SET status = :status').run({ status: (row as { status: string }).status });
    world.daemonStarts();
    await world.containers.start('web', ALONE, patient);
    expect(await world.state('web')).toBe('running');
  });

  it('starts at once what systemd is about to bring back, instead of waiting for that', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always' });
    world.units.exits('berth-web.service', { code: 3 });
    expect(await world.state('web')).toBe('stopped');
    await world.containers.start('web', ALONE, patient);
    expect(world.believed('web')).toMatchObject({ status: { state: 'running' }, restarts: 0 });
  });

  it('answers well where the process ran and has ended already, and keeps how', async () => {
    await using world = aWorld();
    await world.given('web');
    world.nextStart({ endsAtOnce: { code: 0 } });
    await world.containers.start('web', ALONE, patient);
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { code: 0 } });
  });

  it('does not let Wait answer the end of the run before while the unit still cleans up after this one', async () => {
    await using world = aWorld();
    await world.given('web', 'exited');
    world.nextStart({ endsSoon: { code: 7 } });
    await world.containers.start('web', ALONE, patient);
    const waited = world.containers.wait('web', ['stopped', 'exited'], patient);
    await world.recovery.unitChanged('berth-web.service');
    world.units.finishes('berth-web.service');
    await world.recovery.unitChanged('berth-web.service');
    expect(await waited).toMatchObject({ state: 'stopped', exit: { code: 7 } });
    expect(await world.state('web')).toBe('exited');
  });

  it.each([
    ['CommandNotFound', 'executable file `nope` not found in $PATH: No such file or directory'],
    [
      'CommandNotFound',
      'runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH',
    ],
    ['CommandNotExecutable', 'the path `/etc` is not a regular file: Operation not permitted'],
    ['CommandNotExecutable', 'runc create failed: unable to start container process: exec: "/etc": is a directory'],
    ['RuntimeFailed', 'mount `/src` to `dst`: No such device'],
  ])('answers %s where the runtime says: %s', async (code, message) => {
    await using world = aWorld();
    await world.given('web', 'exited');
    world.nextStart({ fail: 'exit-code', runtimeSays: says(message) });
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({
      code,
      facts: { container: 'web', message },
    });
    expect(world.believed('web')).toMatchObject({
      status: { state: 'exited', exit: { code: 0 } },
      message,
    });
    expect(world.units.isLoaded('berth-web.service')).toBe(false);
    expect([...world.mounts.mounted]).toEqual([]);
  });

  it('answers UnitFailed with what systemd made of it where the runtime is silent', async () => {
    await using world = aWorld();
    await world.given('web');
    world.nextStart({ fail: 'resources' });
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({
      code: 'UnitFailed',
      facts: { unit: 'berth-web.service', result: 'resources' },
    });
    expect(await world.state('web')).toBe('configured');
  });

  it('answers UnitFailed in the words of systemd where it refuses a property, and has started nothing', async () => {
    await using world = aWorld();
    await world.given('web');
    world.nextStart({ refuse: 'Cannot set property MemoryMax' });
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({
      code: 'UnitFailed',
      facts: { result: 'Cannot set property MemoryMax' },
    });
  });

  it('forgets why it could not start as soon as it has run', async () => {
    await using world = aWorld();
    await world.given('web');
    world.nextStart({ fail: 'resources' });
    await expect(world.containers.start('web', ALONE, patient)).rejects.toThrow();
    expect((await world.containers.inspect('web')).message).toBe('resources');
    await world.containers.start('web', ALONE, patient);
    expect((await world.containers.inspect('web')).message).toBeUndefined();
  });

  it('starts nothing whose image is gone, whose user is unknown or whose runtime is not installed', async () => {
    await using world = aWorld();
    await world.given('image');
    await world.given('user', 'configured', { user: 'nobody-here' });
    await world.given('runtime', 'configured', { runtime: 'runc' });
    await expect(world.containers.start('user', ALONE, patient)).rejects.toMatchObject({
      code: 'NoSuchUser',
      facts: { user: 'nobody-here' },
    });
    world.imageStore.all = [];
    await expect(world.containers.start('image', ALONE, patient)).rejects.toMatchObject({
      code: 'NoSuchImage',
      facts: { image: 'busybox' },
    });
    (world.runtimes as unknown[]).pop();
    await expect(world.containers.start('runtime', ALONE, patient)).rejects.toMatchObject({
      code: 'NoSuchRuntime',
      facts: { runtime: 'runc' },
    });
    expect(world.units.calls).toEqual([]);
    expect(await world.state('image')).toBe('configured');
  });

  it('finishes what was begun when its caller is gone, and begins nothing for one that is', async () => {
    await using world = aWorld();
    await world.given('web');
    const gate = Promise.withResolvers<undefined>();
    world.units.gate(gate.promise);
    const caller = new AbortController();
    const start = world.containers.start('web', ALONE, caller.signal);
    await world.units.called('startTransient', 'berth-web.service');
    caller.abort(new Error('gone'));
    gate.resolve(undefined);
    await start;
    expect(world.journal.open.size).toBe(0);
    expect(await world.state('web')).toBe('running');
    await world.given('other');
    await expect(world.containers.start('other', ALONE, caller.signal)).rejects.toThrow('gone');
    expect(await world.state('other')).toBe('configured');
  });

  it('takes the unit down again where the runtime does not start the process, and says why', async () => {
    await using world = aWorld();
    await world.given('web');
    world.runtimes[0]!.failure = new RuntimeError('other', 'no');
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({ code: 'RuntimeFailed' });
    expect(world.believed('web')).toMatchObject({ status: { state: 'exited' }, message: 'no' });
    expect(world.units.isLoaded('berth-web.service')).toBe(false);
  });
});

describe('Init, then Start', () => {
  it('sets up without running, then runs in the same unit, and dates the start at Start', async () => {
    await using world = aWorld();
    await world.given('web');
    await world.containers.init('web', ALONE, patient);
    expect(world.believed('web').status).toMatchObject({ state: 'created', pid: 1001, startedAt: undefined });
    expect([...world.runtimes[0]!.known.values()]).toEqual(['created']);
    const before = world.clock;
    await world.containers.start('web', ALONE, patient);
    expect(world.believed('web').status).toMatchObject({ state: 'running', pid: 1001 });
    expect((world.believed('web').status as { startedAt: Date }).startedAt.getTime()).toBeGreaterThan(before);
    expect([...world.runtimes[0]!.known.values()]).toEqual(['running']);
  });

  it('finishes a start that berthd died in the middle of', async () => {
    await using world = aWorld();
    await world.given('web', 'created');
    world.units.calls.length = 0;
    const runtime = world.runtimes[0]!;
    const release = world.folders.release.bind(world.folders);
    world.folders.release = () => {
      throw new Error('killed');
    };
    await expect(world.containers.start('web', ALONE, patient)).rejects.toThrow('killed');
    world.folders.release = release;
    world.daemonStarts();
    expect(await world.state('web')).toBe('created');
    await world.containers.start('web', ALONE, patient);
    expect(await world.state('web')).toBe('running');
    expect([...runtime.known.values()]).toEqual(['running']);
  });

  it('sees when it begins that the process of such a start runs', async () => {
    await using world = aWorld();
    const { id } = await world.given('web');
    const release = world.folders.release.bind(world.folders);
    world.folders.release = () => {
      throw new Error('killed');
    };
    await expect(world.containers.start('web', ALONE, patient)).rejects.toThrow('killed');
    world.folders.release = release;
    world.daemonStarts();
    await world.recovery.recover(id);
    expect(world.believed('web').status.state).toBe('running');
  });

  it.each(['start', 'wait'] as const)(
    'asks no runtime to start again what has started while the mark to %s was left',
    async (next) => {
      await using world = aWorld();
      const { id } = await world.given('web', 'created');
      const runtime = world.runtimes[0]!;
      runtime.known.set(shortId(id), 'running');
      world.folders.hold(world.folder('web'), next);
      runtime.start = async () => {
        await Promise.withResolvers<undefined>().promise;
      };
      world.daemonStarts();
      await world.recovery.recover(id);
      expect(world.believed('web').status.state).toBe('running');
    },
  );

  it('answers what the runtime refuses, in the same words as a start in one go', async () => {
    await using world = aWorld();
    await world.given('web', 'created');
    world.runtimes[0]!.failure = new RuntimeError('executable-not-found', 'exec: "nope": executable file not found');
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({ code: 'CommandNotFound' });
    expect(await world.state('web')).toBe('created');
  });

  it('lets systemd restart what was held without holding it again', async () => {
    await using world = aWorld();
    await world.given('web', 'created', { restartPolicy: 'always' });
    await world.containers.start('web', ALONE, patient);
    world.units.exits('berth-web.service', { code: 1 });
    expect(await world.state('web')).toBe('stopped');
    world.units.restarts('berth-web.service');
    expect(await world.containers.inspect('web')).toMatchObject({ status: { state: 'running' }, restarts: 1 });
    expect([...world.runtimes[0]!.known.values()]).toEqual(['running']);
  });

  it('refuses to set up what is set up', async () => {
    await using world = aWorld();
    await world.given('web', 'created');
    await expect(world.containers.init('web', ALONE, patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { state: 'created', operation: 'init' },
    });
  });
});

describe('the bundle of a start', () => {
  it('is written anew, with the users that the container has now', async () => {
    const files: Record<string, string> = { '/etc/passwd': 'web:x:33:34::/srv:\n', '/etc/group': 'audio:x:29:web\n' };
    await using world = aWorld({ files, images: [anImage({ config: { user: 'web', env: ['A=1'] } })] });
    await world.given('web', 'exited', {
      environment: { B: '2' },
      mounts: [{ kind: 'bind', source: '/tmp', destination: '/data', readOnly: true }],
    });
    files['/etc/passwd'] = 'web:x:77:78::/home/web:\n';
    await world.containers.start('web', ALONE, patient);
    const spec = JSON.parse(await readFile(join(world.folder('web').path, 'config.json'), 'utf8'));
    expect(spec.process.user).toEqual({ uid: 77, gid: 78, additionalGids: [29, 78], umask: 0o022 });
    expect(spec.process.args).toEqual(['sh']);
    expect(spec.process.env).toEqual(
      expect.arrayContaining([
        'HOME=/home/web',
        'container=berth',
        'A=1',
        'B=2',
        expect.stringMatching(/^HOSTNAME=[0-9a-f]{12}$/),
      ]),
    );
    expect(spec.root).toEqual({ path: world.folder('web').root, readonly: false });
    expect(spec.mounts).toContainEqual({
      destination: '/data',
      type: 'bind',
      source: '/tmp',
      options: ['rbind', 'rprivate', 'rro'],
    });
    expect(spec.linux.cgroupsPath).toBe('/berth.slice/berth-web.service/container');
    expect(spec.linux.namespaces).toContainEqual({ type: 'network' });
    expect(await readFile(join(world.folder('web').etc, 'hosts'), 'utf8')).toContain('127.0.0.1\tlocalhost\n');
    expect(await readFile(join(world.folder('web').etc, 'resolv.conf'), 'utf8')).toBe('');
  });
});
