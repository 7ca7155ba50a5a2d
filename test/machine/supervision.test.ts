/** What systemd does with berthd itself: reloads it, and starts it again when it does not answer any more. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;

beforeAll(async () => {
  berth = await Berth.connect(machine);
});
afterEach(async () => {
  await berth.removeAll();
  expect(await leaks(machine)).toEqual([]);
});
afterAll(async () => {
  await berth[Symbol.asyncDispose]();
});

const reconnect = async (): Promise<void> => {
  await berth[Symbol.asyncDispose]();
  berth = await Berth.connect(machine);
};
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
