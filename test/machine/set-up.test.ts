/** A container is set up by berthd, beside systemd, or by its unit: nobody can tell which, whatever comes in between. */
import { expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;

const reconnect = useBerth(machine, (connected) => {
  berth = connected;
});

const FOREVER = 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done';
const inspect = async (container: string) => await berth.containers.inspect({ container });
const running = async (container: string) => await berth.containers.wait({ container, conditions: ['running'] });
/** What the one who has set up the last run has left there. */
const mark = async (container: string): Promise<string> =>
  (await machine.sh(`cat /run/berth/pids/${(await inspect(container)).id.slice(0, 12)}.setup`)).text();

/** Everything that a process has from whoever started it, and keeps. */
const INHERITED = `cd /proc/$PID && cat limits oom_score_adj coredump_filter timerslack_ns personality 2>&1
grep -E '^(Umask|Groups|NoNewPrivs|Seccomp:|Sig(Blk|Ign|Cgt)|Cap|Cpus_allowed_list|THP_enabled)' status
cut -d ' ' -f 18,19,40,41 stat
tr '\\0' '\\n' <environ
for fd in fd/*; do echo "$fd"; done
cat cgroup mountinfo | sed -E 's/^[0-9]+ [0-9]+ //; s/[0-9a-f]{12}//g; s/[0-9]+:[0-9]+ //'
`;

it('what berthd has set up is what the unit sets up by itself', async () => {
  await berth.run('s-same', FOREVER, { restartPolicy: 'always', environment: { A: 'b' } });
  const look = async (): Promise<string> => {
    const { process: is } = (await inspect('s-same')).runtime;
    return (await machine.sh(`PID=${is?.pid ?? 0}; ${INHERITED}`)).text();
  };
  // overlayfs has more to say of the first mount of a folder than of any later one.
  await berth.containers.restart({ container: 's-same' });
  const { invocationId } = (await inspect('s-same')).runtime;
  expect(await mark('s-same')).toBe(`done ${invocationId ?? ''}`);
  const byBerthd = await look();
  await machine.sh('systemctl kill -s KILL berth-s-same.service');
  await expect
    .poll(async () => (await inspect('s-same')).runtime)
    .toMatchObject({ state: 'running', invocationId: expect.not.stringContaining(String(invocationId)) as string });
  await running('s-same');
  expect(await mark('s-same')).toBe('');
  expect(await look()).toBe(byBerthd);
});

it('a property that is about processes is systemd’s to see to', async () => {
  await berth.run('s-nice', FOREVER, { unitProperties: ['Nice=7', 'LimitNOFILE=99'] });
  expect(await mark('s-nice')).toBe('');
  const pid = (await inspect('s-nice')).runtime.process?.pid ?? 0;
  expect(
    (await machine.sh(`cut -d ' ' -f 19 /proc/${pid}/stat; grep 'open files' /proc/${pid}/limits`)).text(),
  ).toMatch(/^7\nMax open files +99 +99 /);
});

it('an OOM score that is asked for is the one it has', async () => {
  await berth.run('s-oom', FOREVER, { oomScoreAdjust: 123 });
  expect(await mark('s-oom')).toMatch(/^done /);
  const pid = (await inspect('s-oom')).runtime.process?.pid ?? 0;
  expect((await machine.sh(`cat /proc/${pid}/oom_score_adj`)).text()).toBe('123');
  expect((await machine.sh('berth exec s-oom cat /proc/self/oom_score_adj')).text()).toBe('123');
});

/** A runtime that waits in `create` until it is let go. */
async function whileItCreates(act: () => Promise<void>): Promise<void> {
  const wrapper = `#!/bin/sh
case " $* " in *' create '*) echo >/run/s-creates; read -r _ </run/s-go ;; esac
exec /usr/bin/crun.away "$@"
`;
  await machine.sh('mkfifo /run/s-creates /run/s-go; mv /usr/bin/crun /usr/bin/crun.away');
  await machine.sh('cat >/usr/bin/crun; chmod 755 /usr/bin/crun', { input: wrapper });
  try {
    await act();
  } finally {
    await machine.sh('rm -f /run/s-creates /run/s-go; mv /usr/bin/crun.away /usr/bin/crun');
  }
}
const creates = async (): Promise<unknown> => await machine.sh('cat /run/s-creates');
const letGo = async (): Promise<unknown> => await machine.sh('echo >/run/s-go');

it('a unit that is stopped while its container is set up does not start, and nothing is left of it', async () => {
  await berth.create('s-stopped', FOREVER);
  await whileItCreates(async () => {
    const refused = expect(berth.containers.start({ container: 's-stopped' })).rejects.toMatchObject({
      error: 'io.berth.Container.UnitFailed',
    });
    await creates();
    await machine.sh('systemctl stop berth-s-stopped.service');
    await refused;
    await expect.poll(async () => await leaks(machine, /^(?:file|unit) /)).toEqual([]);
  });
  expect((await inspect('s-stopped')).runtime).toMatchObject({ state: 'configured' });
  await berth.containers.start({ container: 's-stopped' });
});

it('a runtime that hangs is ended when the time that the unit has to start is up', async () => {
  await berth.create('s-hangs', FOREVER, { unitProperties: ['TimeoutStartSec=1'] });
  await whileItCreates(async () => {
    const refused = expect(berth.containers.start({ container: 's-hangs' })).rejects.toMatchObject({
      error: 'io.berth.Container.UnitFailed',
      parameters: { result: 'timeout' },
    });
    await creates();
    await refused;
    await expect.poll(async () => await leaks(machine, /^(?:file|unit .*failed$) /)).toEqual([]);
    expect((await machine.exec(['pgrep', '-f', '/usr/bin/crun'])).code).toBe(1);
  });
  expect((await inspect('s-hangs')).runtime).toMatchObject({ state: 'configured' });
});

it.each(['daemon-reload', 'daemon-reexec'])('systemctl %s while a container is set up is no matter', async (verb) => {
  await berth.create('s-reloaded', FOREVER);
  await whileItCreates(async () => {
    const started = berth.containers.start({ container: 's-reloaded' });
    await creates();
    await machine.sh(`systemctl ${verb}`);
    await letGo();
    await started;
  });
  expect((await inspect('s-reloaded')).runtime).toMatchObject({ state: 'running' });
});

it('a runtime that is killed while it creates is asked again by the unit', async () => {
  await berth.create('s-killed', FOREVER);
  await whileItCreates(async () => {
    const started = berth.containers.start({ container: 's-killed' });
    await creates();
    await machine.sh(`pkill -KILL -f '^/bin/sh /usr/bin/crun .* create '`);
    await creates();
    await letGo();
    await started;
  });
  expect((await inspect('s-killed')).runtime).toMatchObject({ state: 'running' });
  expect(await mark('s-killed')).toBe('');
});

it('a berthd that is killed while the runtime creates leaves the unit to go on, and the next one starts the process', async () => {
  await berth.create('s-orphan', FOREVER);
  await whileItCreates(async () => {
    const lost = expect(berth.containers.start({ container: 's-orphan' })).rejects.toThrow();
    await creates();
    await machine.sh('systemctl kill -s KILL --kill-whom=main berthd.service');
    await lost;
    await creates();
    await reconnect();
    // It has looked, and the unit is not up yet.
    expect((await inspect('s-orphan')).runtime).toMatchObject({ state: 'configured' });
    await letGo();
    await running('s-orphan');
  });
  expect((await inspect('s-orphan')).runtime).toMatchObject({ state: 'running' });
});
