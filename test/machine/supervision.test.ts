/** What systemd does with berthd itself: reloads it, and starts it again when it does not answer any more. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(machine, (connected) => {
  berth = connected;
});

const CONFIGURATION = '/etc/berth/berth.conf';
const FOREVER = 'while :; do sleep 1000 & wait; done';

it('systemctl reload has the configuration read anew, and says what is wrong with it', async () => {
  await berth.create('r-before', 'true');
  const { MainPID: before } = await berth.show('berthd.service', 'MainPID');
  await machine.sh(`mkdir -p /etc/berth; printf '[Daemon]\\nDefaultRuntime=runc\\n' >${CONFIGURATION}`);
  await machine.check(['systemctl', 'reload', 'berthd.service']);
  await berth.create('r-after', 'true');
  const runtimeOf = async (container: string) => (await berth.containers.inspect({ container })).configuration.runtime;
  expect([await runtimeOf('r-before'), await runtimeOf('r-after')]).toEqual(['crun', 'runc']);

  await machine.sh(`printf '[Daemon]\\nDefaultRuntime=crun\\nColour=red\\n' >${CONFIGURATION}`);
  await machine.check(['systemctl', 'reload', 'berthd.service']);
  expect(await berth.show('berthd.service', 'StatusText', 'ActiveState', 'MainPID')).toEqual({
    StatusText: `The configuration of before is in force: ${CONFIGURATION}:3: unknown setting Colour= in section [Daemon]`,
    ActiveState: 'active',
    MainPID: before,
  });
  await berth.create('r-wrong', 'true');
  expect(await runtimeOf('r-wrong')).toBe('runc');

  await machine.sh(`rm ${CONFIGURATION}`);
  await machine.check(['systemctl', 'reload', 'berthd.service']);
  expect((await berth.show('berthd.service', 'StatusText'))['StatusText']).toBe('');
});

it('a berthd that is stuck is started again, one that works is left alone, and containers do not notice', async () => {
  const dropIn = '/run/systemd/system/berthd.service.d/watchdog.conf';
  await machine.sh(`mkdir -p $(dirname ${dropIn}); cat >${dropIn}; systemctl daemon-reload; systemctl restart berthd`, {
    input: '[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\nLimitCORE=0\n',
  });
  await reconnect();
  await berth.run('w-lives', FOREVER);
  const { process: before } = (await berth.containers.inspect({ container: 'w-lives' })).runtime;
  const property = async (name: string): Promise<string> => (await berth.show('berthd.service', name))[name] ?? '';
  const pid = await property('MainPID');
  for (let beat = 0; beat < 3; beat++) {
    const last = await property('WatchdogTimestampMonotonic');
    await expect.poll(async () => await property('WatchdogTimestampMonotonic'), { timeout: 10_000 }).not.toBe(last);
  }
  expect(await property('MainPID')).toBe(pid);

  await machine.check(['kill', '-STOP', pid]);
  await expect.poll(async () => await property('NRestarts'), { timeout: 20_000 }).toBe('1');
  await machine.sh(`rm ${dropIn}; systemctl daemon-reload; systemctl restart berthd`);
  await reconnect();
  expect((await berth.containers.inspect({ container: 'w-lives' })).runtime).toMatchObject({
    state: 'running',
    process: before,
  });
});

it('memory that work has taken is given back when it is done', async () => {
  const { MainPID: pid = '' } = await berth.show('berthd.service', 'MainPID');
  /** Of its own: what lies in files the kernel can have back at any time. */
  const ownMiB = async (): Promise<number> => {
    const rollup = await readFile(machine.path(`/proc/${pid}/smaps_rollup`), 'utf8');
    return Number(/^Anonymous:\s+(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
  };
  const live = async (name: string): Promise<void> => {
    await berth.run(name, 'true');
    await berth.wait(name);
    await berth.containers.remove({ container: name });
  };
  for (let round = 0; round < 10; round++)
    await Promise.all(Array.from({ length: 8 }, async (_, index) => await live(`m-${round}-${index}`)));
  const busy = await ownMiB();
  expect(busy).toBeGreaterThan(45);
  await expect.poll(ownMiB, { timeout: 30_000, interval: 500 }).toBeLessThan(40);
  expect((await berth.show('berthd.service', 'MainPID'))['MainPID']).toBe(pid);
});

describe('ExitOnIdleSec=', () => {
  const property = async (name: string): Promise<string> => (await berth.show('berthd.service', name))[name] ?? '';
  const state = async (): Promise<string> => await property('ActiveState');
  const disconnect = async (): Promise<void> => {
    await berth[Symbol.asyncDispose]();
  };
  /** Of that berthd, if it is the one that runs. */
  const startsOf = async (): Promise<string> => await property('InvocationID');

  beforeAll(async () => {
    await machine.sh(`mkdir -p /etc/berth; printf '[Daemon]\\nExitOnIdleSec=1s\\n' >${CONFIGURATION}`);
    await machine.check(['systemctl', 'reload', 'berthd.service']);
  });
  beforeEach(reconnect);
  afterAll(async () => {
    await reconnect();
    await machine.sh(`rm ${CONFIGURATION}; systemctl reload berthd.service`);
  });

  it('berthd leaves when nobody needs it, what ends meanwhile has its exit code, and the next call is answered', async () => {
    await berth.run('i-ends', "trap 'exit 7' USR1; while :; do sleep 1000 & wait; done", {
      streams: 'journal',
    });
    const active = async () => (await berth.show('berth-i-ends.service', 'ActiveState'))['ActiveState'];
    await disconnect();
    await expect.poll(state, { timeout: 10_000 }).toBe('inactive');
    expect(await berth.show('berthd.service', 'Result', 'NRestarts')).toMatchObject({ Result: 'success' });
    expect(await active()).toBe('active');
    await machine.check(['systemctl', 'kill', '--kill-whom=main', '--signal=USR1', 'berth-i-ends.service']);
    await expect.poll(active, { timeout: 10_000 }).not.toBe('active');
    expect(await state()).toBe('inactive');
    await reconnect();
    expect(await berth.wait('i-ends')).toMatchObject({ exitCode: 7 });
    expect(await state()).toBe('active');
  });

  it('berthd stays for a client, for streams, and for what it is to remove', async () => {
    const berthd = await startsOf();
    await delay(3000);
    expect(await startsOf()).toBe(berthd); // this client is connected

    await berth.run('i-streams', 'read line; echo "$line"', { stdin: true });
    await disconnect();
    await delay(3000);
    expect([await startsOf(), await state()]).toEqual([berthd, 'active']);
    await reconnect();
    await berth.containers.remove({ container: 'i-streams', force: true });

    await berth.run('i-removed', 'sleep 4', { removeOnExit: true });
    await disconnect();
    await delay(3000);
    expect([await startsOf(), await state()]).toEqual([berthd, 'active']);
    await expect.poll(state, { timeout: 15_000 }).toBe('inactive');
    await reconnect();
    expect((await berth.wait('i-removed'))?.exitCode).toBe(0);
    await expect(berth.containers.inspect({ container: 'i-removed' })).rejects.toThrow('NoSuchContainer');
  });

  it('no call is lost to a berthd that leaves', async () => {
    const starts = new Set<string>();
    // Calls that come at the moment at which it leaves, more and less early.
    for (let call = 0; call < 10; call++) {
      await reconnect();
      starts.add((await berth.system.getInfo()).version + (await startsOf()));
      await disconnect();
      await delay(980 + call * 8);
    }
    await reconnect();
    expect(starts.size).toBeGreaterThan(1);
  });
});
