/** A machine that is really rebooted, in order and by a cut of its power: what becomes of its containers. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildPackage } from '../../packaging/package.ts';
import type { Configuration } from '../../src/api/io-berth-container.ts';
import { Berth } from './berth.ts';
import { IMAGES, imagesFolder } from './images.ts';
import { leaks } from './leaks.ts';
import { Machine } from './machine.ts';

let machine: Machine;
let berth: Berth;

/** Heeds SIGTERM, with exit code 5. */
const FOREVER = `trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 1000 & wait; done`;
const DEAF = `trap '' TERM; echo up; while :; do sleep 1000 & wait; done`;
/** Takes its time over it. */
const SLOW = `trap 'sleep 1; exit 5' TERM; echo up; while :; do sleep 1000 & wait; done`;
const STOP_MS = 2000;

beforeAll(async () => {
  const install = [await buildPackage({ types: 'unchecked' })];
  machine = await Machine.boot({ install, show: { [IMAGES]: await imagesFolder() } });
  berth = await Berth.connect(machine);
}, 300_000);
afterAll(async () => {
  await berth[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

async function reboot(how: Parameters<Machine['reboot']>[0]): Promise<void> {
  await berth[Symbol.asyncDispose]();
  await machine.reboot(how);
  berth = await Berth.connect(machine);
}

type State = Readonly<Record<string, unknown>>;
const RUNNING: State = { state: 'running' };
const ended = (exitCode: number): State => ({ state: 'exited', exitCode });
const UNKNOWN: State = { state: 'exited', exitCode: undefined };

interface Given {
  readonly script?: string;
  readonly configuration?: Partial<Configuration>;
  /** What is done to it before the reboot. */
  readonly left: 'nothing' | 'start' | 'init' | 'stop' | 'kill' | 'pause' | 'wait' | 'systemctl-stop';
}

const publishing = (hostPort: number): Partial<Configuration> => ({
  networks: [{ network: 'berth' }],
  ports: [{ hostPort, containerPort: 80 }],
});

/** Every policy, and every state that a user can have left a container in. */
const GIVEN: Readonly<Record<string, Given>> = {
  'no-new': { left: 'nothing' },
  'no-created': { left: 'init' },
  'no-running': { left: 'start' },
  'no-deaf': { script: DEAF, configuration: { stopTimeoutUSec: STOP_MS * 1000 }, left: 'start' },
  'no-ended': { script: 'exit 3', left: 'wait' },
  'no-killed': { left: 'kill' },
  'no-paused': { left: 'pause' },
  'no-network': { configuration: publishing(8081), left: 'start' },
  'failure-running': { configuration: { restartPolicy: 'on_failure' }, left: 'start' },
  'always-new': { configuration: { restartPolicy: 'always' }, left: 'nothing' },
  'always-running': { configuration: { restartPolicy: 'always' }, left: 'start' },
  'always-stopped': { configuration: { restartPolicy: 'always' }, left: 'stop' },
  'always-killed': { configuration: { restartPolicy: 'always' }, left: 'kill' },
  'always-paused': { configuration: { restartPolicy: 'always' }, left: 'pause' },
  'always-network': { configuration: { restartPolicy: 'always', ...publishing(8080) }, left: 'start' },
  'always-sharing': { configuration: { restartPolicy: 'always', network: 'container:no-needed' }, left: 'nothing' },
  'unless-running': { configuration: { restartPolicy: 'unless_stopped' }, left: 'start' },
  'unless-stopped': { configuration: { restartPolicy: 'unless_stopped' }, left: 'stop' },
  'unless-killed': { configuration: { restartPolicy: 'unless_stopped' }, left: 'kill' },
  'unless-systemctl': { configuration: { restartPolicy: 'unless_stopped' }, left: 'systemctl-stop' },
};

/** Resolves when it heeds signals as its script says: it has said that it is up. */
async function isUp(container: string): Promise<void> {
  await vi.waitUntil(async () => (await berth.lines(container)).length > 0, { timeout: 20_000 });
}

async function give(name: string, { script = FOREVER, configuration, left }: Given): Promise<void> {
  await berth.create(name, script, configuration);
  if (left === 'nothing') return;
  if (left === 'init') await berth.containers.init({ container: name });
  else await berth.containers.start({ container: name });
  if (left !== 'init' && left !== 'wait') await isUp(name);
  if (left === 'stop') await berth.containers.stop({ container: name });
  if (left === 'pause') await berth.containers.pause({ container: name });
  if (left === 'kill') await berth.containers.kill({ container: name, signal: 'KILL' });
  if (left === 'systemctl-stop') await machine.check(['systemctl', 'stop', `berth-${name}.service`]);
  if (left === 'kill' || left === 'wait') await berth.wait(name);
}

/** When it ended, in milliseconds. */
async function endOf(container: string): Promise<number> {
  return ((await berth.containers.inspect({ container })).runtime.exit?.exitedAt?.realtime ?? 0) / 1000;
}

/** What all containers are now. */
async function found(): Promise<Record<string, State>> {
  const states: Record<string, State> = {};
  for await (const { container } of berth.containers.list()) {
    if (container === undefined) continue;
    const { state, exit } = container.runtime;
    states[container.name] = { state, ...(exit === undefined ? {} : { exitCode: exit.exitCode }) };
  }
  return states;
}

describe('after a boot, each container is where its policy and its user want it', () => {
  beforeAll(async () => {
    await berth.image('plain');
    for (const [name, given] of Object.entries(GIVEN)) {
      if (name === 'always-sharing') await give('no-needed', { left: 'start' });
      await give(name, given);
    }
    await berth.containers.start({ container: 'always-sharing' });
    await berth.run('gone', FOREVER, { removeOnExit: true });
    await machine.sh('mkdir /srv/missing');
    const mounts = [{ kind: 'bind' as const, source: '/srv/missing', destination: '/data' }];
    await berth.run('unless-broken', FOREVER, { restartPolicy: 'unless_stopped', mounts });
    await machine.sh('rmdir /srv/missing');
    await berth.run('order-base', FOREVER);
    await berth.run('order-top', SLOW, { network: 'container:order-base' });
    for (const name of ['order-base', 'order-top', 'unless-broken', 'always-sharing']) await isUp(name);
    await machine.check(['berth', 'exec', '--detach', 'no-running', 'sh', '-c', DEAF]);
  }, 120_000);

  const down = {
    'no-new': { state: 'configured' },
    'no-ended': ended(3),
    'no-killed': ended(137),
    'always-new': { state: 'configured' },
    'unless-stopped': ended(5),
    'unless-killed': ended(137),
  };
  const STOPPED_BY_BOOT =
    'no-created no-running no-deaf no-paused failure-running unless-broken order-base order-top'.split(' ');
  const up = {
    'no-needed': RUNNING,
    'always-running': RUNNING,
    'always-stopped': RUNNING,
    'always-killed': RUNNING,
    'always-paused': RUNNING,
    'always-network': RUNNING,
    'always-sharing': RUNNING,
    'unless-running': RUNNING,
    'unless-systemctl': RUNNING,
  };

  it('that was in order: those that it has stopped have their exit codes', async () => {
    const asked = Date.now();
    await reboot('in-order');
    expect(await found()).toEqual({
      ...down,
      ...up,
      'no-created': ended(137),
      'no-running': ended(5),
      'no-deaf': ended(137),
      'no-paused': ended(5),
      'no-network': ended(5),
      'failure-running': ended(5),
      'unless-broken': ended(5),
      'order-base': ended(5),
      'order-top': ended(5),
    });
    // Whoever heeds no signal has its own time, and nothing else takes longer: one that is paused, that waits to be started, or has a
    // session that heeds none either.
    const lastMs = Math.max(...(await Promise.all(STOPPED_BY_BOOT.map(endOf))));
    expect(await endOf('no-deaf')).toBe(lastMs);
    expect(lastMs - asked).toBeGreaterThan(STOP_MS);
    expect(lastMs - asked).toBeLessThan(STOP_MS + 2000);
  });

  it('one that cannot be started is told of, and keeps none of the others', async () => {
    const { message } = (await berth.containers.inspect({ container: 'unless-broken' })).runtime;
    expect(message).toContain('/srv/missing');
    expect((await machine.exec(['systemctl', 'is-failed', 'berthd-boot.service'])).text()).toBe('failed');
    expect(await machine.journal('berthd-boot.service', '--boot')).toContain('unless-broken: ');
  });

  it('shares the namespace of what was started before it', async () => {
    const link = async (name: string): Promise<string> => {
      const { process } = (await berth.containers.inspect({ container: name })).runtime;
      return (await machine.check(['readlink', `/proc/${process?.pid ?? 0}/ns/net`])).text();
    };
    expect(await link('always-sharing')).toBe(await link('no-needed'));
  });

  it('has what those last wrote that were stopped', async () => {
    expect((await berth.lines('no-running')).map(({ message }) => message)).toEqual(['up', 'bye']);
  });

  it('a container can be started by the template, whether or not its unit is known', async () => {
    await machine.check(['systemctl', 'start', 'berth@no-ended.service', 'berth@always-running.service']);
    expect((await berth.wait('no-ended'))?.exitCode).toBe(3);
    expect((await machine.exec(['systemctl', 'start', 'berth@nobody.service'])).code).not.toBe(0);
    expect(await machine.journal('berth@nobody.service')).toContain("there is no container 'nobody'");
  });

  it('that followed a cut of the power: nobody knows how those ended that ran', async () => {
    await machine.sh('mkdir /srv/missing');
    await berth.containers.start({ container: 'no-running' });
    for (const container of ['no-deaf', 'no-network']) await berth.containers.start({ container });
    await berth.containers.init({ container: 'no-created' });
    await reboot('power-cut');
    expect(await found()).toEqual({
      ...down,
      ...up,
      'no-created': UNKNOWN,
      'no-running': UNKNOWN,
      'no-deaf': UNKNOWN,
      'no-network': UNKNOWN,
      'no-paused': ended(5),
      'failure-running': ended(5),
      'unless-broken': RUNNING,
      'order-base': ended(5),
      'order-top': ended(5),
    });
    expect((await machine.check(['systemctl', 'is-active', 'berthd-boot.service'])).text()).toBe('active');
  });

  it('has nothing left of the boot before, once all are removed', async () => {
    await berth.removeAll();
    // Groups of a machine whose PID 1 was killed stay on the host that it runs on; that is no cut of the power then.
    expect((await leaks(machine)).filter((leak) => !leak.startsWith('control group'))).toEqual([]);
  });
});
