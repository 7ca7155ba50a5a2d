import { describe, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(machine, (connected) => {
  berth = connected;
});

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const COUNTING = 'i=0; while :; do i=$((i + 1)); echo $i >/count; sleep 0.02; done';
const runtime = async (container: string) => (await berth.containers.inspect({ container })).runtime;
const state = async (container: string) => (await runtime(container)).state;
const pauses = async () => (await machine.sh("systemctl list-units --all --no-legend 'berth-pause@*'")).text();
const wrongState = (operation: string, at: string) => ({
  error: 'io.berth.Container.WrongState',
  parameters: { state: at, operation },
});

describe('Pause', () => {
  it('freezes every process, and Unpause lets them go on', async () => {
    await berth.run('p-count', COUNTING);
    await berth.containers.pause({ container: 'p-count' });
    expect(await state('p-count')).toBe('paused');
    expect(await berth.show('berth-p-count.service', 'FreezerState', 'StatusText')).toEqual({
      FreezerState: 'running',
      StatusText: 'paused',
    });
    const count = async () => (await machine.sh('cat /var/lib/berth/containers/*/upper/count')).text();
    const before = await count();
    await machine.sh('sleep 0.2');
    expect(await count()).toBe(before);
    await expect(berth.containers.pause({ container: 'p-count' })).rejects.toMatchObject(wrongState('pause', 'paused'));
    await expect(berth.containers.stop({ container: 'p-count' })).rejects.toMatchObject(wrongState('stop', 'paused'));
    await berth.containers.unpause({ container: 'p-count' });
    expect(await state('p-count')).toBe('running');
    await expect(berth.containers.unpause({ container: 'p-count' })).rejects.toMatchObject(
      wrongState('unpause', 'running'),
    );
    await berth.containers.kill({ container: 'p-count' });
  });

  it('is seen when systemctl does it, and Unpause ends that, too', async () => {
    await berth.run('p-freeze', FOREVER);
    const paused = berth.containers.wait({ container: 'p-freeze', conditions: ['paused'] });
    await machine.check(['systemctl', 'freeze', 'berth-p-freeze.service']);
    expect(await paused).toMatchObject({ state: 'paused' });
    await machine.check(['systemctl', 'thaw', 'berth-p-freeze.service']);
    expect(await berth.containers.wait({ container: 'p-freeze', conditions: ['running'] })).toMatchObject({
      state: 'running',
    });
    await machine.check(['systemctl', 'freeze', 'berth-p-freeze.service']);
    await berth.containers.unpause({ container: 'p-freeze' });
    expect(await state('p-freeze')).toBe('running');
  });

  it('does not keep a container from being killed or removed', async () => {
    await berth.run('p-kill', FOREVER);
    await berth.containers.pause({ container: 'p-kill' });
    await berth.containers.kill({ container: 'p-kill' });
    expect(await berth.wait('p-kill')).toMatchObject({ exitCode: 137 });
    await berth.run('p-remove', FOREVER);
    await berth.containers.pause({ container: 'p-remove' });
    await berth.containers.remove({ container: 'p-remove', force: true });
  });

  it.each([
    ['systemctl kill', (unit: string) => `systemctl kill --signal=KILL ${unit}`],
    ['kill(1) of its first process', (unit: string) => `kill -KILL "$(systemctl show -P MainPID ${unit})"`],
  ])('does not hang the host when it is killed by %s', async (_, command) => {
    await berth.run('p-host', FOREVER);
    await berth.containers.pause({ container: 'p-host' });
    await machine.sh(command('berth-p-host.service'));
    expect(await berth.wait('p-host')).toMatchObject({ exitCode: 137 });
    await expect.poll(pauses).toBe('');
    await berth.containers.remove({ container: 'p-host' });
  });

  it('is refused once a kill was asked for', async () => {
    for (let round = 0; round < 10; round++) {
      await berth.run('p-race', FOREVER);
      const [, paused] = await Promise.allSettled([
        berth.containers.kill({ container: 'p-race' }),
        berth.containers.pause({ container: 'p-race' }),
      ]);
      expect(paused).toMatchObject({
        status: 'rejected',
        reason: { error: 'io.berth.Container.WrongState', parameters: { operation: 'pause' } },
      });
      expect(await berth.wait('p-race')).toMatchObject({ exitCode: 137 });
      await berth.containers.remove({ container: 'p-race' });
    }
    await expect.poll(pauses).toBe('');
  });

  it.each([
    ['with berthd', 'systemctl stop berth-p-stop.service'],
    ['without berthd', 'systemctl stop berthd.socket berthd.service; systemctl stop berth-p-stop.service'],
  ])('is over when systemctl stops the container, %s, which is in its time', async (_, command) => {
    await berth.run('p-stop', 'trap "exit 5" TERM; echo ready; while :; do sleep 1000 & wait; done', {
      stopTimeoutUSec: 600_000_000,
    });
    await expect.poll(async () => await berth.lines('p-stop')).toHaveLength(1);
    await berth.containers.pause({ container: 'p-stop' });
    await machine.sh(command);
    await machine.check(['systemctl', 'start', 'berthd.socket', 'berthd.service']);
    await reconnect();
    expect(await berth.wait('p-stop')).toMatchObject({ exitCode: 5 });
    await expect.poll(pauses).toBe('');
    await berth.containers.remove({ container: 'p-stop' });
  });

  it('is over when systemctl restarts the container, and another one is possible', async () => {
    await berth.run('p-again', FOREVER);
    for (let round = 0; round < 3; round++) {
      await berth.containers.pause({ container: 'p-again' });
      await machine.check(['systemctl', 'restart', 'berth-p-again.service']);
      expect(await berth.containers.wait({ container: 'p-again', conditions: ['running'] })).toMatchObject({
        state: 'running',
      });
    }
    await expect.poll(pauses).toBe('');
  });

  it('is over when somebody stops the unit that stands for it', async () => {
    await berth.run('p-unit', FOREVER);
    await berth.containers.pause({ container: 'p-unit' });
    const running = berth.containers.wait({ container: 'p-unit', conditions: ['running'] });
    await machine.check(['systemctl', 'stop', 'berth-pause@*.service']);
    expect(await running).toMatchObject({ state: 'running' });
    expect(await berth.show('berth-p-unit.service', 'StatusText')).toEqual({ StatusText: '' });
  });

  it('stops the commands of exec sessions as well', async () => {
    await berth.run('p-exec', FOREVER);
    const configuration = { command: ['sh', '-c', 'i=0; while :; do echo $((i += 1)) >/count; sleep 0.02; done'] };
    const { id: session } = await berth.containers.execCreate({ container: 'p-exec', configuration });
    await berth.containers.execStart({ session });
    const count = async () => (await machine.sh('cat /var/lib/berth/containers/*/upper/count || true')).text();
    await expect.poll(count).not.toBe('');
    await berth.containers.pause({ container: 'p-exec' });
    const before = await count();
    await machine.sh('sleep 0.2');
    expect(await count()).toBe(before);
  });
});

describe('Restart', () => {
  it('stops what runs and starts it, and starts what does not run', async () => {
    await berth.create('s-restart', FOREVER);
    await berth.containers.restart({ container: 's-restart' });
    const { process: first } = await runtime('s-restart');
    await berth.containers.restart({ container: 's-restart' });
    const { process: second, state: now } = await runtime('s-restart');
    expect(now).toBe('running');
    expect(second).not.toEqual(first);
  });

  it('by systemd follows the policy, with its limit', async () => {
    await berth.run('s-policy', 'echo again; exit 1', {
      restartPolicy: 'on_failure',
      restartLimit: 3,
      unitProperties: ['RestartSec=50ms'],
    });
    await expect
      .poll(async () => await runtime('s-policy'), { timeout: 20_000 })
      .toMatchObject({ state: 'exited', exit: { exitCode: 1, result: 'start-limit-hit' }, restarts: 3 });
    expect((await berth.lines('s-policy')).map(({ message }) => message)).toEqual(['again', 'again', 'again', 'again']);
  });

  it('by systemd waits longer each time, which is told, also without berthd', async () => {
    await berth.run('s-grows', 'exit 1', { restartPolicy: 'always' });
    const grows = async () => (await runtime('s-grows')).restarts;
    await machine.sh('systemctl stop berthd.socket berthd.service');
    await machine.sh('while [ "$(systemctl show -P NRestarts berth-s-grows.service)" -lt 6 ]; do :; done');
    await machine.check(['systemctl', 'start', 'berthd.socket', 'berthd.service']);
    await reconnect();
    expect(await grows()).toBeGreaterThan(5); // systemd's default is to give up after five
    const { restartsAt } = await runtime('s-grows');
    expect((restartsAt?.realtime ?? 0) / 1000 - Date.now()).toBeGreaterThan(1000);
    expect((await machine.sh('berth ps -a --filter name=s-grows')).text()).toMatch(/Restarting \(1\) in \d+ s/);
    await berth.containers.stop({ container: 's-grows' });
  });

  it.each(['TERM', 'KILL'])('does not follow a kill by %s, also without berthd at the end', async (signal) => {
    await berth.run('s-killed', 'trap "sleep 0.5; exit 3" TERM; echo ready; while :; do sleep 1000 & wait; done', {
      restartPolicy: 'always',
    });
    await expect.poll(async () => await berth.lines('s-killed')).toHaveLength(1);
    await berth.containers.kill({ container: 's-killed', signal });
    await machine.sh('systemctl stop berthd.socket berthd.service; sleep 1.5');
    await machine.check(['systemctl', 'start', 'berthd.socket', 'berthd.service']);
    await reconnect();
    expect(await runtime('s-killed')).toMatchObject({
      state: 'exited',
      exit: { exitCode: signal === 'TERM' ? 3 : 137 },
    });
  });

  it('by systemd ends when it is stopped', async () => {
    await berth.run('s-always', 'sleep 0.2; exit 0', { restartPolicy: 'always' });
    await expect.poll(async () => (await runtime('s-always')).restarts, { timeout: 20_000 }).toBeGreaterThan(1);
    await berth.containers.stop({ container: 's-always' });
    expect(await state('s-always')).toBe('exited');
  });
});

describe('Rename', () => {
  it('gives another name at once and another unit with the next start', async () => {
    const id = await berth.run('n-old', FOREVER);
    await berth.create('n-taken', 'true');
    await expect(berth.containers.rename({ container: 'n-old', name: 'n-taken' })).rejects.toMatchObject({
      error: 'io.berth.Container.ContainerExists',
    });
    await berth.containers.rename({ container: 'n-old', name: 'n-new' });
    expect(await berth.containers.inspect({ container: 'n-new' })).toMatchObject({
      id,
      unit: 'berth-n-old.service',
      runtime: { state: 'running' },
    });
    await berth.run('n-old', FOREVER); // the name is free at once, the unit is not
    const { unit: second } = await berth.containers.inspect({ container: 'n-old' });
    expect(second).toMatch(/^berth-n-old\.[0-9a-f]{12}\.service$/);
    await berth.containers.remove({ container: 'n-old', force: true });
    await expect(state('n-old')).rejects.toMatchObject({ error: 'io.berth.Container.NoSuchContainer' });
    await berth.containers.restart({ container: 'n-new' });
    expect(await berth.containers.inspect({ container: 'n-new' })).toMatchObject({
      unit: 'berth-n-new.service',
      runtime: { state: 'running' },
    });
    expect((await berth.show('berth-n-old.service', 'LoadState'))['LoadState']).toBe('not-found');
  });
});

describe('Update', () => {
  it('changes properties of what runs, and of every later run', async () => {
    await berth.run('u-limits', FOREVER, { unitProperties: ['CPUQuotaPeriodSec=20ms'] });
    await berth.containers.update({
      container: 'u-limits',
      unitProperties: ['TasksMax=infinity', 'IPAddressDeny=192.0.2.1'],
    });
    const limits = { TasksMax: 'infinity', CPUQuotaPeriodUSec: '20ms', IPAddressDeny: '192.0.2.1/32' };
    expect(await berth.show('berth-u-limits.service', ...Object.keys(limits))).toEqual(limits);
    await berth.containers.restart({ container: 'u-limits' });
    expect(await berth.show('berth-u-limits.service', ...Object.keys(limits))).toEqual(limits);
    for (const refused of [{ resources: { tasksMax: 50 } }, { unitProperties: ['TasksMax=50'] }]) {
      await expect(berth.containers.update({ container: 'u-limits', ...refused })).rejects.toMatchObject({
        error: 'io.berth.Container.NoController',
        parameters: { controller: 'pids' },
      });
    }
    expect(await berth.show('berth-u-limits.service', 'TasksMax')).toEqual({ TasksMax: 'infinity' });
    await expect(berth.containers.update({ container: 'u-limits', unitProperties: ['Nope=1'] })).rejects.toMatchObject({
      error: 'io.berth.Container.InvalidProperty',
    });
  });

  it('by systemctl is seen', async () => {
    await berth.run('u-systemctl', FOREVER);
    await machine.check(['systemctl', 'set-property', '--runtime', 'berth-u-systemctl.service', 'TasksMax=33']);
    expect((await berth.containers.inspect({ container: 'u-systemctl' })).limits).toMatchObject({ tasksMax: 33 });
  });
});

describe('Batch', () => {
  it('does one thing after the other and ends with the first that is refused', async () => {
    await berth.create('b-batch', FOREVER);
    const { results } = await berth.containers.batch({
      container: 'b-batch',
      operations: [
        { verb: 'init' },
        { verb: 'start' },
        { verb: 'pause' },
        { verb: 'unpause' },
        { verb: 'unpause' },
        { verb: 'stop' },
      ],
    });
    expect(results.map(({ verb, state: at, error }) => [verb, at, error])).toEqual([
      ['init', 'created', undefined],
      ['start', 'running', undefined],
      ['pause', 'paused', undefined],
      ['unpause', 'running', undefined],
      ['unpause', 'running', 'io.berth.Container.WrongState'],
    ]);
    const rest = await berth.containers.batch({
      container: 'b-batch',
      operations: [{ verb: 'stop', timeoutUSec: 0 }, { verb: 'cleanup' }, { verb: 'inspect' }],
    });
    expect(rest.results.map(({ state: at }) => at)).toEqual(['exited', 'exited', 'exited']);
  });
});

describe('Stats and Top', () => {
  it('tell what a container uses and which processes it has, once or until it ends', async () => {
    await berth.run('t-busy', 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; sleep 1000 & sleep 1000 & wait');
    const { usage } = await berth.containers.stats({ container: 't-busy' });
    expect(usage?.cpuUsageUSec).toBeGreaterThan(0);
    await expect
      .poll(async () => (await berth.containers.top({ container: 't-busy' })).processes?.map(({ command }) => command))
      .toEqual([expect.stringContaining('sh -c'), 'sleep 1000', 'sleep 1000']);
    const { processes = [] } = await berth.containers.top({ container: 't-busy' });
    expect(processes[0]).toMatchObject({ containerPid: 1, uid: 0 });

    let seen = 0;
    for await (const reply of berth.containers.statsMore({ container: 't-busy', intervalUSec: 100_000 })) {
      if (reply.usage === undefined) continue;
      if (++seen === 3) await berth.containers.kill({ container: 't-busy' });
    }
    expect(seen).toBeGreaterThanOrEqual(3);
    await expect(berth.containers.stats({ container: 't-busy' })).rejects.toMatchObject(wrongState('stats', 'exited'));
  });
});

it('Prune and rm remove containers that share namespaces, in any order, in one call', async () => {
  const share = async (): Promise<void> => {
    await berth.run('ns-a', FOREVER);
    await berth.run('ns-b', FOREVER, { network: 'container:ns-a' });
    await berth.run('ns-c', FOREVER, { pidNamespace: 'container:ns-b' });
  };
  await share();
  const removed = await machine.check(['berth', 'rm', '-f', 'ns-a', 'ns-b', 'ns-c']);
  expect(removed.text().trim().split('\n').sort()).toEqual(['ns-a', 'ns-b', 'ns-c']);
  await share();
  expect((await machine.exec(['berth', 'rm', '-f', 'ns-a', 'ns-b'])).code).not.toBe(0);
  for (const container of ['ns-c', 'ns-b', 'ns-a']) await berth.containers.stop({ container, timeoutUSec: 0 });
  await machine.check(['berth', 'container', 'prune', '-f']);
  for (const container of ['ns-a', 'ns-b', 'ns-c'])
    await expect(state(container)).rejects.toMatchObject({ error: 'io.berth.Container.NoSuchContainer' });
});

it('a longer stop than its own sends one signal, and is told as stopping', async () => {
  await berth.run('x-long', 'trap "echo term" TERM; echo ready; while :; do sleep 1000 & wait; done', {
    stopTimeoutUSec: 2_000_000,
  });
  await expect.poll(async () => await berth.lines('x-long')).toHaveLength(1);
  const stopping = berth.containers.stop({ container: 'x-long', timeoutUSec: 4_000_000 });
  await expect.poll(async () => await state('x-long')).toBe('stopping');
  await machine.sh('sleep 2.5');
  expect(await state('x-long')).toBe('stopping');
  await stopping;
  expect(await berth.wait('x-long')).toMatchObject({ exitCode: 137 });
  expect((await berth.lines('x-long')).map(({ message }) => message)).toEqual(['ready', 'term']);
});

it('stop without end waits, and of one that never ran there is nothing to stop or to wait for', async () => {
  await berth.run('x-ever', 'trap "sleep 3; exit 4" TERM; echo ready; while :; do sleep 1000 & wait; done', {
    stopTimeoutUSec: 2_000_000,
  });
  await expect.poll(async () => await berth.lines('x-ever')).toHaveLength(1);
  await machine.check(['berth', 'stop', '-t', '-1', 'x-ever']);
  expect(await berth.wait('x-ever')).toMatchObject({ exitCode: 4 });
  await berth.create('x-never', 'true');
  await machine.check(['berth', 'stop', 'x-never']);
  expect((await machine.check(['berth', 'wait', 'x-never'])).text().trim()).toBe('0');
});

it('Prune removes what has ended or never ran, and nothing else', async () => {
  await berth.run('g-lives', FOREVER, { labels: { set: 'a' } });
  await berth.create('g-never', 'true', { labels: { set: 'a' } });
  await berth.run('g-ended', 'exit 1', { labels: { set: 'a' } });
  await berth.create('g-other', 'true', { labels: { set: 'b' } });
  await berth.wait('g-ended');
  const gone: string[] = [];
  for await (const { name } of berth.containers.prune({ labels: { set: 'a' } })) gone.push(name ?? '');
  expect(new Set(gone)).toEqual(new Set(['g-ended', 'g-never']));
  expect(await state('g-lives')).toBe('running');
  expect(await state('g-other')).toBe('configured');
});

it('Sync and Cleanup put right what somebody else has put wrong', async () => {
  await berth.run('y-lost', FOREVER);
  await machine.check(['systemctl', 'kill', '--kill-whom=all', '--signal=KILL', 'berth-y-lost.service']);
  await expect.poll(async () => (await berth.containers.sync({ container: 'y-lost' })).state).toBe('exited');
  await berth.containers.cleanup({ container: 'y-lost' });
  expect((await berth.show('berth-y-lost.service', 'LoadState'))['LoadState']).toBe('not-found');
});

it('List and Inspect answer while a container takes its time to stop', async () => {
  await berth.run('x-slow', 'trap "" TERM; while :; do sleep 1; done', { stopTimeoutUSec: 3_000_000 });
  const stopping = berth.containers.stop({ container: 'x-slow' });
  await expect.poll(async () => await state('x-slow')).toBe('stopping');
  const started = performance.now();
  for await (const { container } of berth.containers.list())
    if (container?.name === 'x-slow') expect(container.runtime.state).toBe('stopping');
  expect(performance.now() - started).toBeLessThan(1500);
  await berth.containers.kill({ container: 'x-slow' });
  await stopping;
});
