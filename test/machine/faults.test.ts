/** Kills berthd at every point of src/supervisor/steps.ts, and looks at what the next one makes of it. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Configuration, State } from '../../src/api/io-berth-container.ts';
import { FAULT_POINTS, type FaultPoint } from '../../src/container/faults.ts';
import { STEPS } from '../../src/supervisor/steps.ts';
import { Berth } from './berth.ts';
import { IMAGES } from './images.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;

/** The point that is written in here is where berthd dies, once. */
const FUSE = '/run/berth-test-fuse';
const ENTRY = '/run/berth-test-daemon.mjs';
const DROP_IN = '/run/systemd/system/berthd.service.d/berth-test.conf';
const DAEMON = `
import { readFileSync, rmSync } from 'node:fs';
import { berthd } from '/usr/lib/berth/dist/src/berthd.js';
const fuse = () => { try { return readFileSync('${FUSE}', 'utf8'); } catch { return undefined; } };
await berthd(process.env, (point) => {
  if (fuse() !== point) return;
  rmSync('${FUSE}');
  process.kill(process.pid, 'SIGKILL');
});
`;

const restart = 'systemctl daemon-reload; systemctl reset-failed berthd.service; systemctl restart berthd.service';
const reconnect = async (): Promise<void> => {
  await berth[Symbol.asyncDispose]();
  berth = await Berth.connect(machine);
};

beforeAll(async () => {
  await machine.sh(`cat >${ENTRY}`, { input: DAEMON });
  await machine.sh(`mkdir -p ${DROP_IN.replace(/\/[^/]+$/, '')}; cat >${DROP_IN}; ${restart}`, {
    input: `[Service]\nExecStart=\nExecStart=/usr/lib/berth/node --no-warnings ${ENTRY}\n`,
  });
  berth = await Berth.connect(machine);
  await berth.image('plain');
});
afterEach(async () => {
  await machine.sh(`rm -f ${FUSE}`);
  await berth.removeAll();
  await berth.removeVolumes();
  expect(await leaks(machine)).toEqual([]);
});
afterAll(async () => {
  await machine.sh(`rm -f ${ENTRY} ${DROP_IN} ${FUSE}; ${restart}`);
  await berth[Symbol.asyncDispose]();
});

interface Cut {
  /** Makes the container, and brings it where the operation begins. */
  readonly given?: () => Promise<unknown>;
  readonly act: () => Promise<unknown>;
  /** What the next berthd says. */
  readonly found: State | 'removed';
  readonly exitCode?: number;
  /** What else must be true. */
  readonly and?: () => Promise<void>;
}

const container = 'cut';
const FOREVER = 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done';
const forever = async (): Promise<unknown> => await berth.run(container, FOREVER);
const ended = async (): Promise<unknown> => {
  await berth.run(container, 'exit 3');
  return await berth.wait(container);
};
const start = async (): Promise<unknown> => await berth.containers.start({ container });
const stopped = async (): Promise<unknown> => {
  await forever();
  return await stop();
};
const init = async (): Promise<unknown> => await berth.containers.init({ container });
const stop = async (): Promise<unknown> => await berth.containers.stop({ container });
const renamed = async (): Promise<unknown> => {
  await berth.run('cut-before', 'exit 3');
  await berth.wait('cut-before');
  return await berth.containers.rename({ container: 'cut-before', name: container });
};
const broken = async (): Promise<unknown> =>
  await berth.containers.create({ configuration: { image: 'plain', name: container, command: ['/no/such'] } });
const update = async (): Promise<unknown> =>
  await berth.containers.update({ container, unitProperties: ['CPUQuotaPeriodSec=20ms'] });
const inspect = async () => await berth.containers.inspect({ container });

const isWantedUp = async (): Promise<void> => {
  expect((await inspect()).runtime.wanted).toBe('up');
};

const launch: Cut = { given: ended, act: start, found: 'exited', exitCode: 3 };
/** Stopped first: a start that follows a start changes no wish. */
const wish: Cut = { ...launch, given: stopped, exitCode: 5, and: isWantedUp };
const removal: Cut = {
  given: ended,
  act: async () => await berth.containers.remove({ container }),
  found: 'removed',
  exitCode: 3,
};
const change: Cut = {
  given: forever,
  act: update,
  found: 'running',
  and: async () => {
    expect((await inspect()).configuration.unitProperties).toContain('CPUQuotaPeriodSec=20ms');
  },
};
const ON_NETWORK: Partial<Configuration> = { networks: [{ network: 'berth' }], ports: [{ containerPort: 80 }] };
const networked: Cut = {
  ...launch,
  given: async () => {
    await berth.run(container, 'exit 3', ON_NETWORK);
    return await berth.wait(container);
  },
};
const network = 'cut';
const connection = (act: () => Promise<unknown>, given: () => Promise<unknown>, networks: readonly string[]): Cut => ({
  given: async () => {
    await berth.networks.create({ definition: { name: network } }).catch(() => undefined); // of the point before
    await berth.run(container, FOREVER, ON_NETWORK);
    await given();
  },
  act,
  found: 'running',
  and: async () => {
    expect((await inspect()).connections.map((each) => each.network)).toEqual(networks);
    const { stdout } = await machine.sh(`ip netns exec berth-${container} ls /sys/class/net`);
    expect(
      stdout
        .toString()
        .split(/\s+/)
        .filter((name) => name.startsWith('eth')),
    ).toHaveLength(networks.length);
  },
});
const connect = async (): Promise<unknown> => await berth.networks.connect({ network, container });
const disconnect = async (): Promise<unknown> => await berth.networks.disconnect({ network, container });
const connecting = connection(connect, async () => await Promise.resolve(), ['berth', network]);
const disconnecting = connection(disconnect, connect, ['berth']);
const renaming: Cut = {
  given: async () => await berth.run('cut-before', FOREVER),
  act: async () => await berth.containers.rename({ container: 'cut-before', name: container }),
  found: 'running',
  and: async () => {
    expect((await inspect()).unit).toBe('berth-cut-before.service');
  },
};

/** A command in the container, and how its session is found to be. */
const execution = (
  script: string,
  found: object,
  meanwhile = async (): Promise<void> => await Promise.resolve(),
): Cut => {
  let session = '';
  return {
    given: async () => {
      await forever();
      const configuration = { command: ['sh', '-c', script] };
      session = (await berth.containers.execCreate({ container, configuration })).id;
    },
    act: async () => {
      await berth.containers.execStart({ session });
      await meanwhile();
    },
    found: 'running',
    and: async () => {
      const { containers } = berth;
      await expect.poll(async () => (await containers.execInspect({ session })).execSession).toMatchObject(found);
    },
  };
};
const unrun = execution('touch /ran', { state: 'stopped', exitCode: 125, message: 'it was not started' });

const deaf = async (): Promise<unknown> =>
  await berth.run(container, 'trap "" TERM; while :; do sleep 1000 & wait; done', { stopTimeoutUSec: 2_000_000 });
const kill = (signal: string) => async (): Promise<unknown> => await berth.containers.kill({ container, signal });
const paused = async (): Promise<unknown> => {
  await forever();
  return await berth.containers.pause({ container });
};
const frozen = async (): Promise<unknown> => {
  await forever();
  return await machine.check(['systemctl', 'freeze', `berth-${container}.service`]);
};
const pause = async (): Promise<unknown> => await berth.containers.pause({ container });
const toldOfPause = async (): Promise<void> => {
  expect(await berth.show(`berth-${container}.service`, 'StatusText')).toEqual({ StatusText: 'paused' });
};
const noPause = async (): Promise<void> => {
  expect(await berth.show(`berth-${container}.service`, 'StatusText')).toEqual({ StatusText: '' });
  expect((await machine.sh("systemctl list-units --all --no-legend 'berth-pause@*'")).text()).toBe('');
};
const cleanUp: Cut = {
  given: ended,
  act: async () => await berth.containers.cleanup({ container }),
  found: 'exited',
  exitCode: 3,
};

const imageNames = async (): Promise<string[]> => {
  const names: string[] = [];
  for await (const { image } of berth.images.list())
    if (image !== undefined) names.push(...(image.names.length === 0 ? ['one without a name'] : image.names));
  return names.sort();
};
const TAG = 'localhost/cut:1';
/** What is done to images, with the names that there are before and after; no container is concerned. */
const storing = (before: readonly string[], act: () => Promise<unknown>, after: readonly string[]): Cut => ({
  given: async () => {
    await berth.removeImages();
    for (const name of before) {
      if (name === TAG) await berth.images.tag({ image: 'plain', name });
      else await berth.images.load({ path: `${IMAGES}/oci/plain`, name });
    }
  },
  act,
  found: 'removed',
  and: async () => {
    expect(await imageNames()).toEqual(after);
  },
});
const PLAIN = 'localhost/plain:latest';

/** What is in /data of the container, of the image that has something there. */
const DATA = { image: 'config', entrypoint: ['sh', '-c', FOREVER], command: [] };
const volumeNames = async (): Promise<string[]> => {
  const names: string[] = [];
  for await (const { volume } of berth.volumes.list()) if (volume !== undefined) names.push(volume.name);
  return names;
};
/** A volume that is filled, which the next start goes on with. */
const filling: Cut = {
  given: async () => {
    await berth.image('config');
    const mounts = [{ kind: 'volume' as const, source: 'cut-data', destination: '/data' }];
    await berth.containers.create({ configuration: { ...DATA, name: container, mounts } });
  },
  act: start,
  found: 'configured',
  and: async () => {
    await start();
    const { mountpoint, awaitsContent } = (await berth.volumes.inspect({ volume: 'cut-data' })).volume;
    expect(awaitsContent).toBe(false);
    const found = `cd ${mountpoint}/..; ls; cd _data; stat -c %u:%g . *; cat file`;
    expect((await machine.sh(found)).text()).toBe('_data\nvolume.json\n1000:1000\n1000:1000\noriginal');
  },
};
const noVolumes = async (): Promise<void> => {
  expect(await volumeNames()).toEqual([]);
  await expect.poll(async () => (await machine.sh('ls -A /var/lib/berth/volumes')).text()).toBe('');
};

// prettier-ignore
const CUTS: Readonly<Record<FaultPoint, Cut>> = {
  'create: row written': { act: async () => await berth.create(container, FOREVER), found: 'configured' },
  'wish: row written': wish,
  'wish: description written': wish,
  'launch: old unit forgotten': { ...launch, given: renamed },
  'launch: unit renamed': { ...launch, given: renamed },
  'launch: folder prepared': launch,
  'launch: addresses given': networked,
  'launch: ports reserved': networked,
  'launch: network described': networked,
  'launch: streams open': launch,
  'launch: bundle written': launch,
  'launch: mark to wait made': { ...launch, act: init },
  'launch: set-up waits': { given: async () => await berth.create(container, FOREVER), act: start, found: 'running' },
  'launch: set-up let through': { given: async () => await berth.create(container, FOREVER), act: start, found: 'running' },
  'launch: container created': { given: async () => await berth.create(container, FOREVER), act: start, found: 'running' },
  'launch: container handed over': { given: async () => await berth.create(container, FOREVER), act: start, found: 'running' },
  'launch: unit started': { given: async () => await berth.create(container, FOREVER), act: start, found: 'running' },
  'launch: unit refused': { given: broken, act: start, found: 'configured' },
  'launch: failed state cleared': { given: broken, act: start, found: 'configured' },
  'start: process started': { given: async () => { await berth.create(container, FOREVER); await init(); }, act: start, found: 'running' },
  'start: mark to wait removed': { given: async () => { await berth.create(container, FOREVER); await init(); }, act: start, found: 'running' },
  'stop: thawed': { given: async () => { await forever(); await berth.containers.pause({ container }); }, act: async () => await berth.containers.remove({ container, force: true }), found: 'running' },
  'stop: stop signal sent': { given: async () => await berth.run(container, FOREVER, { stopTimeoutUSec: 0 }), act: async () => await berth.containers.stop({ container, timeoutUSec: 20_000_000 }), found: 'exited', exitCode: 5 },
  'stop: time given': { given: deaf, act: async () => await berth.containers.stop({ container, timeoutUSec: 4_000_000 }), found: 'exited', exitCode: 137 },
  'stop: unit down': { given: forever, act: stop, found: 'exited', exitCode: 5 },
  'stop: failed state cleared': { given: async () => await berth.run(container, 'trap "" TERM; while :; do sleep 1000 & wait; done'), act: async () => await berth.containers.stop({ container, timeoutUSec: 0 }), found: 'exited', exitCode: 137 },
  'kill: marked': { given: async () => await berth.run(container, FOREVER, { restartPolicy: 'always' }), act: kill('TERM'), found: 'running' },
  'kill: unit thawed': { given: frozen, act: kill('KILL'), found: 'running' },
  'kill: signal sent': { given: forever, act: kill('TERM'), found: 'exited', exitCode: 5 },
  'pause: thaw arranged': { given: forever, act: pause, found: 'running', and: noPause },
  'pause: frozen': { given: forever, act: pause, found: 'paused', and: toldOfPause },
  'pause: systemd told': { given: forever, act: pause, found: 'paused', and: toldOfPause },
  'unpause: thawed': { given: paused, act: async () => await berth.containers.unpause({ container }), found: 'running', and: noPause },
  'cleanup: unit forgotten': cleanUp,
  'cleanup: runtime record deleted': cleanUp,
  'cleanup: root unmounted': cleanUp,
  'cleanup: network given back': cleanUp,
  'batch: step done': { given: async () => await berth.create(container, FOREVER), act: async () => await berth.containers.batch({ container, operations: [{ verb: 'start' }, { verb: 'pause' }] }), found: 'running' },
  'remove: written down': removal,
  'remove: unit forgotten': removal,
  'remove: sessions ended': removal,
  'remove: streams ended': removal,
  'remove: runtime record deleted': removal,
  'remove: root unmounted': removal,
  'remove: network given back': removal,
  'remove: folder deleted': removal,
  'remove: volumes removed': { ...removal, given: async () => { await berth.run(container, 'exit 3', { mounts: [{ kind: 'volume', destination: '/anonymous' }] }); return await berth.wait(container); }, act: async () => await berth.containers.remove({ container, volumes: true }), and: noVolumes },
  'remove: row deleted': removal,
  'update: unit changed': { ...change, and: async () => { expect(await berth.show(`berth-${container}.service`, 'CPUQuotaPeriodUSec')).toEqual({ CPUQuotaPeriodUSec: '20ms' }); } },
  'update: row written': change,
  'update: description written': change,
  'rename: row written': renaming,
  'rename: description written': renaming,
  'connect: row written': connecting,
  'connect: network set up': connecting,
  'disconnect: row written': disconnecting,
  'disconnect: network given back': disconnecting,
  'exec: written down': unrun,
  'exec: process waits': unrun,
  'exec: unit started': unrun,
  'exec: command started': execution(FOREVER, { state: 'running' }),
  'exec: output handed out': execution('exit 7', { state: 'stopped', exitCode: 7 }, async () => void (await berth.wait(container))),
  'store: image stored': storing([], async () => await berth.images.load({ path: `${IMAGES}/oci/plain`, name: PLAIN }), [PLAIN]),
  'store: name written': storing([PLAIN], async () => await berth.images.tag({ image: PLAIN, name: TAG }), [TAG, PLAIN]),
  'store: name moved': storing([PLAIN, TAG], async () => await berth.images.remove({ image: TAG }), [PLAIN]),
  'store: image deleted': storing([PLAIN], async () => await berth.images.remove({ image: PLAIN }), []),
  'volume: staged': { act: async () => await berth.create(container, FOREVER, { mounts: [{ kind: 'volume', destination: '/anonymous' }] }), found: 'removed', and: noVolumes },
  'volume: content copied': filling,
  'volume: content whole': filling,
  'volume: content moved': filling,
  'volume: set aside': { given: async () => await berth.volumes.create({ definition: { name: 'cut-gone' } }), act: async () => await berth.volumes.remove({ volume: 'cut-gone' }), found: 'removed', and: noVolumes },
};

it.each(FAULT_POINTS)('berthd dies at "%s"', async (point) => {
  const { given, act, found, exitCode, and } = CUTS[point];
  await given?.();
  await machine.sh(`printf %s '${point}' >${FUSE}`);
  await expect(act()).rejects.toThrow();
  expect((await machine.exec(['test', '-e', FUSE])).code, 'it has died there').toBe(1);
  await reconnect();

  if (exitCode !== undefined) expect(await berth.wait(container)).toMatchObject({ exitCode });
  if (found === 'removed') {
    await expect(inspect()).rejects.toMatchObject({ error: 'io.berth.Container.NoSuchContainer' });
  } else {
    const { runtime, unit } = await inspect();
    expect([point, runtime.state, STEPS[point].next]).toEqual([point, found, STEPS[point].next]);
    const alive = await berth.show(unit, 'ActiveState', 'MainPID');
    expect(Number(alive['MainPID'] ?? 0)).toBe(runtime.process?.pid ?? 0);
  }
  await and?.();
  // Asked again it is done, or refused for what it is: no fault, and nothing in the way.
  await act().catch((error: unknown) => {
    expect(error).toMatchObject({
      error: expect.stringMatching(/^io\.berth\.(?:Container|Image|Network|Volume)\./) as string,
    });
  });
  if (act === start && found !== 'configured') {
    expect(['running', 'stopping', 'stopped', 'exited']).toContain((await inspect()).runtime.state);
  }
});
