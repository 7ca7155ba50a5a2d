import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../src/api/io-berth-container.ts';
import { bytesOf, type Berth } from './berth.ts';
import { IMAGES } from './images.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
useBerth(machine, (connected) => {
  berth = connected;
});

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const inspect = async (container: string) => await berth.containers.inspect({ container });
const state = async (container: string) => (await inspect(container)).runtime.state;

describe('a container', () => {
  it('is nothing but a record until it is started, and a unit from then on', async () => {
    const id = await berth.create('c-life', FOREVER);
    expect(await state('c-life')).toBe('configured');
    expect((await berth.show('berth-c-life.service', 'LoadState'))['LoadState']).toBe('not-found');

    await berth.containers.start({ container: id.slice(0, 12) });
    const { runtime } = await inspect('c-life');
    expect(runtime.state).toBe('running');
    const unit = await berth.show(
      'berth-c-life.service',
      'ActiveState',
      'SubState',
      'MainPID',
      'Slice',
      'Delegate',
      'InvocationID',
    );
    expect(unit).toMatchObject({ ActiveState: 'active', SubState: 'running', Slice: 'berth.slice', Delegate: 'yes' });
    expect(Number(unit['MainPID'])).toBe(runtime.process?.pid);
    expect(unit['InvocationID']).toBe(runtime.invocationId);
    const group = await machine.check(['cat', `/proc/${String(runtime.process?.pid)}/cgroup`]);
    expect(group.text()).toContain('0::/berth.slice/berth-c-life.service/container');

    await berth.containers.stop({ container: 'c-life' });
    expect(await state('c-life')).toBe('exited');
    expect(await berth.show('berth-c-life.service', 'ActiveState')).toEqual({ ActiveState: 'inactive' });
  });

  it('starts again after its end, with what it wrote still there', async () => {
    await berth.run('c-again', 'echo x >>/count; wc -l </count; exit 5');
    expect(await berth.wait('c-again')).toMatchObject({ exitCode: 5 });
    await berth.containers.start({ container: 'c-again' });
    expect(await berth.wait('c-again')).toMatchObject({ exitCode: 5 });
    expect((await berth.lines('c-again')).map(({ message }) => message)).toEqual(['1', '2']);
  });

  it('is set up by Init and runs only from Start on', async () => {
    await berth.create('c-init', `echo ran; ${FOREVER}`);
    await berth.containers.init({ container: 'c-init' });
    expect(await state('c-init')).toBe('created');
    expect(await berth.show('berth-c-init.service', 'ActiveState')).toEqual({ ActiveState: 'active' });
    expect(await berth.lines('c-init')).toEqual([]);
    await expect(berth.containers.init({ container: 'c-init' })).rejects.toMatchObject({
      error: 'io.berth.Container.WrongState',
      parameters: { container: 'c-init', state: 'created', operation: 'init' },
    });
    await berth.containers.start({ container: 'c-init' });
    expect(await state('c-init')).toBe('running');
    await berth.containers.stop({ container: 'c-init' });
    expect((await berth.lines('c-init')).map(({ message }) => message)).toEqual(['ran']);
  });

  it('can be stopped between Init and Start', async () => {
    await berth.create('c-init-stop', 'echo never');
    await berth.containers.init({ container: 'c-init-stop' });
    await berth.containers.stop({ container: 'c-init-stop', timeoutUSec: 0 });
    expect(await state('c-init-stop')).toBe('exited');
    expect(await berth.lines('c-init-stop')).toEqual([]);
  });

  it('runs with crun and with runc', async () => {
    for (const runtime of ['crun', 'runc']) {
      await berth.run(`c-${runtime}`, 'exit 7', { runtime });
      expect(await berth.wait(`c-${runtime}`)).toMatchObject({ exitCode: 7, oomKilled: false });
      await expect(berth.create(`c-${runtime}-bad`, '', { runtime: 'nope' })).rejects.toMatchObject({
        error: 'io.berth.Container.NoSuchRuntime',
      });
    }
  });

  it('is removed with its unit, and its end is remembered', async () => {
    const id = await berth.run('c-gone', 'exit 9');
    expect(await berth.wait('c-gone')).toMatchObject({ exitCode: 9 });
    expect((await berth.show('berth-c-gone.service', 'ActiveState'))['ActiveState']).toBe('failed');
    await berth.containers.remove({ container: 'c-gone' });
    expect((await berth.show('berth-c-gone.service', 'LoadState'))['LoadState']).toBe('not-found');
    for (const reference of [id, 'c-gone']) {
      expect(await berth.containers.wait({ container: reference })).toMatchObject({ exit: { exitCode: 9 } });
    }
    await expect(inspect('c-gone')).rejects.toMatchObject({ error: 'io.berth.Container.NoSuchContainer' });
  });

  it('goes by itself at its end when it was made so, and whoever waits is told how it ended', async () => {
    await berth.create('c-rm', 'sleep 0.3; exit 4', { removeOnExit: true });
    await berth.containers.start({ container: 'c-rm' });
    expect(await berth.wait('c-rm')).toMatchObject({ exitCode: 4 });
    await expect
      .poll(async () => await inspect('c-rm').catch((error: unknown) => error))
      .toMatchObject({
        error: 'io.berth.Container.NoSuchContainer',
      });
  });

  it('that runs is only removed by force', async () => {
    await berth.run('c-force', FOREVER);
    await expect(berth.containers.remove({ container: 'c-force' })).rejects.toMatchObject({
      error: 'io.berth.Container.WrongState',
      parameters: { state: 'running', operation: 'remove' },
    });
    await berth.containers.remove({ container: 'c-force', force: true });
  });
});

describe('the end of a container', () => {
  // What ends it, and what everyone must say of it.
  const ends: [name: string, script: string, end: string | number | undefined, exit: object, unit: object][] = [
    ['zero', 'exit 0', undefined, { exitCode: 0, result: 'success' }, { ActiveState: 'inactive' }],
    [
      'code',
      'exit 42',
      undefined,
      { exitCode: 42, result: 'exit-code' },
      { ActiveState: 'failed', ExecMainStatus: '42' },
    ],
    ['high', 'exit 255', undefined, { exitCode: 255 }, { ActiveState: 'failed', ExecMainStatus: '255' }],
    [
      'kill',
      FOREVER,
      'SIGKILL',
      { exitCode: 137, signal: 'SIGKILL' },
      { ActiveState: 'failed', ExecMainStatus: '9', ExecMainCode: '2' },
    ],
    [
      'handled',
      'trap "exit 8" USR1; while :; do sleep 100 & wait; done',
      'USR1',
      { exitCode: 8 },
      { ActiveState: 'failed', ExecMainStatus: '8' },
    ],
    ['number', FOREVER, '9', { exitCode: 137 }, { ActiveState: 'failed' }],
  ];
  it.each(ends)('by %s is told alike by Wait, Inspect and systemctl', async (name, script, signal, exit, unit) => {
    const container = `e-${name}`;
    await berth.run(container, script);
    if (signal !== undefined) {
      await expect.poll(async () => await state(container)).toBe('running');
      await machine.sh(
        `until grep -qx sh /proc/$(systemctl show -P MainPID berth-${container}.service)/comm; do :; done; sleep 0.2`,
      );
      await berth.containers.kill({ container, signal: String(signal) });
    }
    expect(await berth.wait(container)).toMatchObject(exit);
    expect((await inspect(container)).runtime.exit).toMatchObject(exit);
    expect(await berth.show(`berth-${container}.service`, ...Object.keys(unit))).toMatchObject(unit);
  });

  it('is not failed when it was stopped, whether it listened or had to be killed', async () => {
    await berth.run('e-listens', FOREVER);
    await berth.run('e-deaf', 'trap "" TERM; while :; do sleep 1; done', { stopTimeoutUSec: 300_000 });
    await Promise.all(['e-listens', 'e-deaf'].map(async (container) => await berth.containers.stop({ container })));
    expect((await inspect('e-deaf')).runtime.exit).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
    for (const name of ['e-listens', 'e-deaf']) {
      expect((await berth.show(`berth-${name}.service`, 'ActiveState'))['ActiveState']).toBe('inactive');
    }
    await expect(berth.containers.stop({ container: 'e-deaf' })).rejects.toMatchObject({
      error: 'io.berth.Container.AlreadyStopped',
    });
  });

  it('takes as long as the call allows: nothing, less or more than its own time', async () => {
    const deaf = 'trap "" TERM; while :; do sleep 1; done';
    const slow = 'trap "sleep 1; exit 3" TERM; while :; do sleep 100 & wait; done';
    await berth.run('e-now', deaf);
    await berth.containers.stop({ container: 'e-now', timeoutUSec: 0 });
    await berth.run('e-less', deaf);
    await berth.containers.stop({ container: 'e-less', timeoutUSec: 200_000 });
    await berth.run('e-more', slow, { stopTimeoutUSec: 200_000 });
    await machine.sh('sleep 0.3');
    await berth.containers.stop({ container: 'e-more', timeoutUSec: 20_000_000 });
    expect((await inspect('e-now')).runtime.exit).toMatchObject({ exitCode: 137 });
    expect((await inspect('e-less')).runtime.exit).toMatchObject({ exitCode: 137 });
    expect((await inspect('e-more')).runtime.exit).toMatchObject({ exitCode: 3 });
  });

  it('is seen when another program brings it about', async () => {
    await berth.run('e-systemctl', FOREVER);
    const waiting = berth.wait('e-systemctl');
    await machine.check(['systemctl', 'stop', 'berth-e-systemctl.service']);
    expect(await waiting).toMatchObject({ exitCode: 0 });
    expect(await state('e-systemctl')).toBe('exited');
  });

  it('reaches a wait that was there before, and takes back one whose caller hangs up', async () => {
    await berth.create('e-wait', 'exit 6');
    const running = berth.containers.wait({ container: 'e-wait', conditions: ['running', 'exited'] });
    const ended = berth.wait('e-wait');
    const abort = new AbortController();
    const cancelled = berth.containers.wait({ container: 'e-wait', conditions: ['paused'] }, { signal: abort.signal });
    await berth.containers.start({ container: 'e-wait' });
    expect(['running', 'exited']).toContain((await running).state);
    expect(await ended).toMatchObject({ exitCode: 6 });
    abort.abort();
    await expect(cancelled).rejects.toThrow();
  });
});

describe('an image', () => {
  it('says what runs, as whom, where, with which environment and how it is stopped', async () => {
    const image = await berth.image('config');
    await berth.containers.create({ configuration: { image, name: 'i-config', environment: { EXTRA: '1' } } });
    await berth.containers.start({ container: 'i-config' });
    await expect.poll(async () => (await berth.lines('i-config')).map(({ message }) => message)).toContain('ready');
    await berth.containers.stop({ container: 'i-config' });
    const lines = (await berth.lines('i-config')).map(({ message }) => message);
    expect(lines).toEqual(
      expect.arrayContaining([
        'arguments: default arguments',
        'pwd: /srv/app',
        'id: 1000:1000 1000 2000',
        'GREETING=hello world',
        'EMPTY=',
        'EXTRA=1',
        'HOME=/home/app',
        'stopped',
      ]),
    );
    const { configuration, runtime } = await inspect('i-config');
    expect(runtime.exit).toMatchObject({ exitCode: 42 });
    expect(configuration).toMatchObject({ stopSignal: 'SIGUSR1', labels: { 'berth.test': 'yes' }, user: 'app' });
  });

  it('of many layers looks as its last layer left it', async () => {
    const image = await berth.image('layers');
    const script = 'cd /; find tree | sort | while IFS= read -r f; do stat -c \'/%n %a %u:%g %F\' "$f"; done';
    await berth.containers.create({
      configuration: { image, name: 'i-layers', command: ['sh', '-c', `${script}; echo --; cat /expected`] },
    });
    await berth.containers.start({ container: 'i-layers' });
    await berth.wait('i-layers');
    const lines = (await berth.lines('i-layers')).map((line) => bytesOf(line).toString());
    const middle = lines.indexOf('--');
    expect(lines.slice(0, middle).toSorted()).toEqual(lines.slice(middle + 1).toSorted());
  });

  it('that containers are made of stays', async () => {
    await berth.create('i-used', 'true');
    await expect(berth.images.remove({ image: 'plain' })).rejects.toMatchObject({
      error: 'io.berth.Image.ImageInUse',
      parameters: { containers: ['i-used'] },
    });
  });
});

it.each<[what: string, call: () => Promise<unknown>, parameter: string]>([
  ['Create', () => berth.create('p-image', 'true', { image: 'Not A Name' }), 'configuration.image'],
  ['Rename', () => berth.containers.rename({ container: 'p-named', name: 'not/a/name' }), 'name'],
  ['Tag, of the image,', () => berth.images.tag({ image: 'Not A Name', name: 'x' }), 'image'],
  ['Tag, of the name,', () => berth.images.tag({ image: 'plain', name: 'Not A Name' }), 'name'],
  ['Load', () => berth.images.load({ path: `${IMAGES}/plain.oci.tar`, name: 'Not A Name' }), 'name'],
])('%s names the parameter that is wrong as the client wrote it', async (_, call, parameter) => {
  await berth.create('p-named', 'true');
  await expect(call()).rejects.toMatchObject({
    error: 'org.varlink.service.InvalidParameter',
    parameters: { parameter },
  });
});

it('an image that is created from and removed at once is either kept or not there', async () => {
  await berth.removeImages(); // under another name it would stay
  const name = 'localhost/raced:latest';
  for (let round = 0; round < 20; round++) {
    await berth.images.load({ path: `${IMAGES}/oci/config`, name });
    const create = berth.containers.create({ configuration: { image: name, name: `race-${round}` } });
    const [created, removed] = await Promise.allSettled([create, berth.images.remove({ image: name })]);
    expect([created.status, removed.status].toSorted()).toEqual(['fulfilled', 'rejected']);
    const reason: unknown =
      created.status === 'rejected' ? created.reason : removed.status === 'rejected' && removed.reason;
    expect(reason).toMatchObject({
      error: created.status === 'rejected' ? 'io.berth.Container.NoSuchImage' : 'io.berth.Image.ImageInUse',
    });
    await berth.removeAll();
    if (created.status === 'fulfilled') await berth.images.remove({ image: name });
  }
});

describe('a request', () => {
  const bad: [what: string, configuration: Partial<Configuration>, error: string, parameters: object][] = [
    ['a name that is taken', { name: 'r-taken' }, 'io.berth.Container.ContainerExists', { name: 'r-taken' }],
    [
      'a name that is none',
      { name: '../x' },
      'org.varlink.service.InvalidParameter',
      { parameter: 'configuration.name' },
    ],
    [
      'a name of an exec session',
      { name: 'exec-12' },
      'org.varlink.service.InvalidParameter',
      { parameter: 'configuration.name' },
    ],
    ['no such image', { image: 'nope' }, 'io.berth.Container.NoSuchImage', { image: 'nope' }],
    [
      'a source that is not there',
      { mounts: [{ kind: 'bind', source: '/nope', destination: '/x' }] },
      'io.berth.Container.NoSuchSource',
      { source: '/nope' },
    ],
    [
      'a signal that is none',
      { stopSignal: 'SIGNOPE' },
      'org.varlink.service.InvalidParameter',
      { parameter: 'configuration.stopSignal' },
    ],
    [
      'a property systemd does not know',
      { unitProperties: ['Nope=1'] },
      'io.berth.Container.InvalidProperty',
      { property: 'Nope=1' },
    ],
    [
      'a property that is berth’s',
      { unitProperties: ['Type=oneshot'] },
      'io.berth.Container.InvalidProperty',
      { property: 'Type=oneshot' },
    ],
  ];
  it.each(bad)('with %s is refused, and nothing is left', async (_, configuration, error, parameters) => {
    await berth.create('r-taken', 'true');
    await expect(berth.create('r-new', 'true', configuration)).rejects.toMatchObject({ error, parameters });
  });

  it('to run what is not there or cannot run says which, and leaves the container as it was', async () => {
    const image = await berth.image('plain');
    const cases: [command: string[], error: string][] = [
      [['/nope'], 'CommandNotFound'],
      [['nope'], 'CommandNotFound'],
      [['/etc/motd'], 'CommandNotExecutable'],
      [['/etc'], 'CommandNotExecutable'],
    ];
    for (const runtime of ['crun', 'runc']) {
      for (const [index, [command, error]] of cases.entries()) {
        const name = `r-${runtime}-${index.toString()}`;
        await berth.containers.create({ configuration: { image, name, command, runtime } });
        await expect(berth.containers.start({ container: name })).rejects.toMatchObject({
          error: `io.berth.Container.${error}`,
        });
        expect(await inspect(name)).toMatchObject({ runtime: { state: 'configured' } });
      }
    }
    await berth.create('r-user', 'true', { user: 'stranger' });
    await expect(berth.containers.start({ container: 'r-user' })).rejects.toMatchObject({
      error: 'io.berth.Container.NoSuchUser',
      parameters: { user: 'stranger' },
    });
  });

  it('for a unit whose name is taken by a unit file is refused', async () => {
    await machine.sh(
      "printf '[Service]\\nExecStart=/bin/true\\n' >/etc/systemd/system/berth-r-file.service; systemctl daemon-reload",
    );
    try {
      await berth.create('r-file', 'true');
      await expect(berth.containers.start({ container: 'r-file' })).rejects.toMatchObject({
        error: 'io.berth.Container.UnitExists',
        parameters: { unit: 'berth-r-file.service' },
      });
    } finally {
      await machine.sh('rm /etc/systemd/system/berth-r-file.service; systemctl daemon-reload');
    }
  });

  it('of a unit property reaches the unit', async () => {
    await berth.run('r-property', FOREVER, {
      unitProperties: ['TasksMax=infinity', 'CPUQuotaPeriodSec=20ms', 'IPAddressDeny=any'],
    });
    expect(await berth.show('berth-r-property.service', 'TasksMax', 'CPUQuotaPeriodUSec')).toEqual({
      TasksMax: 'infinity',
      CPUQuotaPeriodUSec: '20ms',
    });
  });

  it('to start twice at once runs it once', async () => {
    await berth.create('r-twice', FOREVER);
    const both = await Promise.allSettled(
      [1, 2].map(async () => await berth.containers.start({ container: 'r-twice' })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});

it('thirty containers at once start, end and go, each with its own end', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `many-${index.toString()}`);
  await berth.image('plain');
  await Promise.all(
    names.map(async (name, index) => await berth.run(name, `echo ${index.toString()}; exit ${index.toString()}`)),
  );
  const exits = await Promise.all(names.map(async (name) => await berth.wait(name)));
  expect(exits.map((exit) => exit?.exitCode)).toEqual(names.map((_, index) => index));
  const lines = await Promise.all(names.map(async (name) => await berth.lines(name)));
  expect(lines.map(([line]) => line?.message)).toEqual(names.map((_, index) => index.toString()));
});
