/** No container, and no runtime, can keep berthd from starting and answering. */
import { beforeAll, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(machine, (connected) => {
  berth = connected;
});

beforeAll(async () => {
  await berth.image('plain');
});

const FOREVER = 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done';
const inspect = async (container: string) => await berth.containers.inspect({ container });

it.each(['crun', 'runc'])(
  'a berthd that comes back after %s had let a process go, and had not said so yet, calls it running',
  async (runtime) => {
    const id = (await berth.run('h-let-go', FOREVER, { runtime })).slice(0, 12);
    await berth.run('h-other', FOREVER);
    const { process: before } = (await inspect('h-let-go')).runtime;
    const records = `/run/berth/runtimes/${runtime}`;
    await machine.sh(`systemctl stop berthd.service
      mkfifo ${records}/${id}/exec.fifo
      printf start >/var/lib/berth/containers/${id}/hold`);
    await reconnect();
    expect(await inspect('h-let-go')).toMatchObject({ runtime: { state: 'running', process: before } });
    expect((await inspect('h-other')).runtime.state).toBe('running');
    expect((await machine.sh(`${runtime} --root ${records} state ${id}`)).text()).toMatch(/"status": ?"running"/);
    await berth.containers.stop({ container: 'h-let-go' });
    expect(await berth.wait('h-let-go')).toMatchObject({ exitCode: 5 });
  },
);

it('a session whose process ended while systemd adopted it ends for the next berthd, and its unit goes', async () => {
  await berth.run('h-session', FOREVER);
  const configuration = { command: ['true'] };
  const { id: session } = await berth.containers.execCreate({ container: 'h-session', configuration });
  const short = session.slice(0, 12);
  const unit = `berth-exec-${short}.scope`;
  await machine.sh('systemctl stop berthd.service');
  // As if berthd had died in the middle of a start: it had written that down, and its child has ended with it.
  await machine.sh(`sed -i 's/"createdAt":\\([0-9]*\\)/&,"startedAt":\\1/' /run/berth/exec/${short}/session.json
    sh -c 'sh -c "exit 125" & exec sleep 30' & parent=$!
    while :; do
      for zombie in $(cat /proc/$parent/task/$parent/children); do
        if grep -q 'State:.Z' /proc/$zombie/status; then break 2; fi
      done
    done
    busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \
      StartTransientUnit 'ssa(sv)a(sa(sv))' ${unit} fail 2 PIDs au 1 $zombie Slice s berth.slice 0
    while [ "$(systemctl show -P SubState ${unit})" != running ]; do :; done
    kill $parent`);
  await reconnect();
  await expect
    .poll(async () => (await berth.containers.execInspect({ session })).execSession, { timeout: 20_000 })
    .toMatchObject({ state: 'stopped', exitCode: 125, message: 'it was not started' });
  expect(await berth.show(unit, 'ActiveState')).toMatchObject({ ActiveState: 'inactive' });
});

it('a runtime that never comes back from a start is given up, and berthd starts and answers for the others meanwhile', async () => {
  await berth.create('h-hangs', FOREVER);
  await berth.containers.init({ container: 'h-hangs' });
  await berth.run('h-other', FOREVER);
  const id = (await inspect('h-hangs')).id.slice(0, 12);
  const hangs = `#!/bin/sh
case " $* " in *' start '*) exec sleep 1000 ;; esac
exec /usr/bin/crun.away "$@"
`;
  await machine.sh(`systemctl stop berthd.service
    printf start >/var/lib/berth/containers/${id}/hold
    mv /usr/bin/crun /usr/bin/crun.away
    printf %s '${hangs.replaceAll("'", String.raw`'\''`)}' >/usr/bin/crun
    chmod 755 /usr/bin/crun`);
  try {
    await reconnect();
    expect((await inspect('h-other')).runtime.state).toBe('running');
    // Given up, it has never run.
    await expect
      .poll(async () => (await inspect('h-hangs')).runtime, { timeout: 20_000, interval: 200 })
      .toMatchObject({ state: 'exited', message: expect.stringMatching(/has not ended within 10 s/) as string });
  } finally {
    await machine.sh('mv /usr/bin/crun.away /usr/bin/crun');
  }
  await berth.containers.start({ container: 'h-hangs' });
  expect((await inspect('h-hangs')).runtime.state).toBe('running');
});
