/** What is wrong with the host is said in a word that a client can act on; nothing is lost by it, and nothing left. */
import { beforeAll, expect, it } from 'vitest';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
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
const state = async (container: string) => (await inspect(container)).runtime.state;
const systemFailed = (errnoName: string) => ({
  error: 'io.berth.Container.SystemFailed',
  parameters: { errnoName },
});

/** Does something while the host is in a state, and brings it out of it whatever comes of that. */
async function meanwhile(enter: string, leave: string, act: () => Promise<void>): Promise<void> {
  await machine.sh(enter);
  try {
    await act();
  } finally {
    await machine.sh(leave);
  }
}

it('a full disk fails a start, and keeps neither what runs from being stopped nor its exit code', async () => {
  await berth.run('f-runs', FOREVER);
  await berth.create('f-starts', FOREVER);
  const id = (await inspect('f-starts')).id.slice(0, 12);
  const folder = `/var/lib/berth/containers/${id}`;
  await meanwhile(
    `mkdir ${folder}; mount -t tmpfs -o size=64k tmpfs ${folder}; head -c 64k /dev/zero >${folder}/ballast || true`,
    `umount ${folder}; rmdir ${folder}`,
    async () => {
      await expect(berth.containers.start({ container: 'f-starts' })).rejects.toMatchObject(systemFailed('ENOSPC'));
      expect(await state('f-starts')).toBe('configured');
      await berth.containers.stop({ container: 'f-runs' });
      expect(await berth.wait('f-runs')).toMatchObject({ exitCode: 5 });
    },
  );
  await berth.containers.start({ container: 'f-starts' });
  expect(await state('f-starts')).toBe('running');
});

it('a full data directory keeps nothing from ending, nobody from being told how, and nobody from making room', async () => {
  const data = '/var/lib/berth';
  const ends = (code: number): string =>
    `trap "exit ${code.toString()}" USR1 TERM; while :; do sleep 1000 & wait; done`;
  const found = async (...names: string[]) =>
    await Promise.all(names.map(async (name) => [await state(name), (await inspect(name)).runtime.exit?.exitCode]));
  await meanwhile(
    `systemctl stop berthd.service; mount -t tmpfs -o size=64m tmpfs ${data}`,
    `rm -f ${data}/ballast; systemctl stop 'berth-u-*.service' berthd.service; umount ${data}/storage/overlay; umount ${data}`,
    async () => {
      await reconnect();
      await berth.image('plain');
      await berth.run('u-zero', ends(0));
      await berth.run('u-code', ends(9));
      await berth.run('u-away', ends(12));
      await berth.run('u-stop', ends(41));
      await machine.sh(`head -c 1G /dev/zero >${data}/ballast || true; ! echo more >${data}/more`);
      await berth.containers.kill({ container: 'u-zero', signal: 'USR1' });
      await berth.containers.kill({ container: 'u-code', signal: 'USR1' });
      await berth.containers.stop({ container: 'u-stop' });
      expect(await berth.wait('u-zero')).toMatchObject({ exitCode: 0 });
      expect(await berth.wait('u-code')).toMatchObject({ exitCode: 9 });
      expect(await berth.wait('u-stop')).toMatchObject({ exitCode: 41 });
      const ended = [
        ['exited', 0],
        ['exited', 9],
        ['exited', 41],
      ];
      expect(await found('u-zero', 'u-code', 'u-stop')).toEqual(ended);
      await machine.sh(`systemctl stop berthd.service
        systemctl kill --kill-whom=main --signal=USR1 berth-u-away.service
        while systemctl is-active --quiet berth-u-away.service; do :; done`);
      await reconnect();
      expect(await found('u-zero', 'u-code', 'u-stop', 'u-away')).toEqual([...ended, ['exited', 12]]);
      await berth.removeAll();
      expect((await machine.sh(`ls ${data}/containers`)).text()).toBe('');
    },
  );
  await reconnect();
});

it('a data directory that is read-only fails a start; containers run on, and go on when it can be written again', async () => {
  await berth.run('o-runs', FOREVER);
  await berth.create('o-starts', FOREVER);
  const { process: before } = (await inspect('o-runs')).runtime;
  await meanwhile(
    'mount --bind /var/lib/berth /var/lib/berth; mount -o remount,bind,ro /var/lib/berth',
    'umount /var/lib/berth',
    async () => {
      await expect(berth.containers.start({ container: 'o-starts' })).rejects.toMatchObject(systemFailed('EROFS'));
      expect(await inspect('o-runs')).toMatchObject({ runtime: { state: 'running', process: before } });
    },
  );
  await berth.containers.start({ container: 'o-starts' });
  expect(await state('o-starts')).toBe('running');
});

it('without the OCI runtime nothing is started, and what runs is stopped all the same', async () => {
  await berth.run('r-runs', FOREVER);
  await berth.create('r-starts', FOREVER);
  await meanwhile('mv /usr/bin/crun /usr/bin/crun.away', 'mv /usr/bin/crun.away /usr/bin/crun', async () => {
    await expect(berth.containers.start({ container: 'r-starts' })).rejects.toMatchObject({
      error: expect.stringMatching(/^io\.berth\.Container\.(?:UnitFailed|RuntimeFailed|NoSuchRuntime)$/) as string,
    });
    expect(await state('r-starts')).toBe('configured');
    await berth.containers.stop({ container: 'r-runs' });
    expect(await berth.wait('r-runs')).toMatchObject({ exitCode: 5 });
  });
  await berth.containers.start({ container: 'r-starts' });
  await berth.containers.restart({ container: 'r-runs' });
  expect([await state('r-starts'), await state('r-runs')]).toEqual(['running', 'running']);
});

it('a layer of an image that somebody deleted fails the start of its containers, until it is back', async () => {
  await berth.create('l-starts', FOREVER);
  const away = 'for diff in /var/lib/berth/storage/overlay/*/diff; do mv "$diff" "$diff.away"; done';
  const back = 'for diff in /var/lib/berth/storage/overlay/*/diff.away; do mv "$diff" "${diff%.away}"; done';
  await meanwhile(away, back, async () => {
    await expect(berth.containers.start({ container: 'l-starts' })).rejects.toMatchObject({
      error: expect.stringMatching(
        /^io\.berth\.Container\.(?:UnitFailed|RuntimeFailed|NoSuchImage|SystemFailed)$/,
      ) as string,
    });
    expect(await state('l-starts')).toBe('configured');
  });
  await berth.containers.start({ container: 'l-starts' });
  expect(await state('l-starts')).toBe('running');
});

it('a bus that is away makes calls wait, and then they are told so; all goes on when it is back', async () => {
  await berth.run('b-runs', FOREVER);
  const { process: before } = (await inspect('b-runs')).runtime;
  await meanwhile('systemctl stop dbus.socket dbus.service', 'systemctl start dbus.socket dbus.service', async () => {
    await expect(berth.containers.stop({ container: 'b-runs' })).rejects.toMatchObject({
      error: 'io.berth.Container.SystemdUnavailable',
    });
    await machine.sh('test "$(systemctl is-active berthd.service berth-b-runs.service | uniq)" = active');
  });
  await expect
    .poll(async () => await inspect('b-runs').catch(() => undefined), { timeout: 20_000 })
    .toMatchObject({
      runtime: { state: 'running', process: before },
    });
  await berth.containers.stop({ container: 'b-runs' });
  expect(await berth.wait('b-runs')).toMatchObject({ exitCode: 5 });
});

/** berthd stopped, and called while the host is in a state that it cannot start in; what runs, runs on. */
async function startedIn(enter: string, leave: string, reason: RegExp): Promise<void> {
  await berth.run('s-runs', FOREVER);
  const { process: before } = (await inspect('s-runs')).runtime;
  const told = {
    error: 'io.berth.System.CannotStart',
    parameters: { reason: expect.stringMatching(reason) as string },
  };
  await meanwhile(`systemctl stop berthd.service; ${enter}`, leave, async () => {
    await using caller = await Berth.connect(machine);
    await expect(caller.containers.inspect({ container: 's-runs' })).rejects.toMatchObject(told);
    await expect(caller.images.pull({ image: 'any' })).rejects.toMatchObject(told);
    await expect(caller.system.getInfo()).rejects.toMatchObject(told);
    const { code, stderr } = await machine.exec(['berth', 'ps']);
    expect([code, stderr.toString()]).toEqual([125, expect.stringMatching(/^berth: berthd cannot start: /)]);
    await machine.sh('systemctl is-active --quiet berth-s-runs.service');
  });
  // It comes by itself.
  const answers = async (): Promise<boolean> => {
    await reconnect();
    return await berth.system.getInfo().then(
      () => true,
      () => false,
    );
  };
  await expect.poll(answers, { timeout: 20_000, interval: 200 }).toBe(true);
  expect(await inspect('s-runs')).toMatchObject({ runtime: { state: 'running', process: before } });
  await berth.containers.stop({ container: 's-runs' });
  expect(await berth.wait('s-runs')).toMatchObject({ exitCode: 5 });
}

it('who calls a berthd that starts without a bus is told so, until there is one', async () => {
  const [enter, leave] = ['stop', 'start'].map((verb) => `systemctl ${verb} dbus.socket dbus.service`);
  await startedIn(enter ?? '', leave ?? '', /bus/);
});

it('who calls a berthd that starts on a data directory that is read-only is told so, until it can be written', async () => {
  const data = '/var/lib/berth';
  const enter = `mount --bind ${data} ${data}; mount -o remount,bind,ro ${data}`;
  await startedIn(enter, `umount ${data}`, /read-?only/);
});

it('who calls a berthd whose configuration is wrong is told so, until it is right', async () => {
  const file = '/etc/berth/berth.conf';
  const enter = `mkdir -p /etc/berth; [ ! -e ${file} ] || mv ${file} ${file}.away; printf '[Daemon]\nLogLevel=loud\n' >${file}`;
  await startedIn(enter, `rm ${file}; [ ! -e ${file}.away ] || mv ${file}.away ${file}`, /LogLevel/);
});

it('a berthd that starts where no OCI runtime is installed does what it can without', async () => {
  await berth.run('n-runs', FOREVER);
  await berth.create('n-starts', FOREVER);
  const away = 'for runtime in /usr/bin/crun /usr/sbin/runc; do mv "$runtime" "$runtime.away"; done';
  const back = 'for runtime in /usr/bin/crun /usr/sbin/runc; do mv "$runtime.away" "$runtime"; done';
  await meanwhile(`systemctl stop berthd.service; ${away}`, back, async () => {
    await reconnect();
    expect((await berth.system.getInfo()).runtimes).toEqual([]);
    const noRuntime = { error: 'io.berth.Container.NoSuchRuntime' };
    await expect(berth.create('n-new', FOREVER)).rejects.toMatchObject(noRuntime);
    await expect(berth.containers.start({ container: 'n-starts' })).rejects.toMatchObject(noRuntime);
    expect([await state('n-runs'), await state('n-starts')]).toEqual(['running', 'configured']);
    await berth.containers.stop({ container: 'n-runs' });
    expect(await berth.wait('n-runs')).toMatchObject({ exitCode: 5 });
  });
  await machine.sh('systemctl restart berthd.service');
  await reconnect();
  await berth.containers.start({ container: 'n-starts' });
  expect(await state('n-starts')).toBe('running');
});

it('a PID file that somebody deletes while a unit starts fails the start at once, and nothing is left', async () => {
  await berth.create('p-starts', FOREVER);
  const wrapper = `#!/bin/sh
/usr/bin/crun.away "$@" || exit
case " $* " in *' create '*) find /run/berth/pids -type f ! -name '*.setup' -delete ;; esac
`;
  const enter = `mv /usr/bin/crun /usr/bin/crun.away; printf %s '${wrapper.replaceAll("'", String.raw`'\''`)}' >/usr/bin/crun; chmod 755 /usr/bin/crun`;
  await meanwhile(enter, 'mv /usr/bin/crun.away /usr/bin/crun', async () => {
    await expect(berth.containers.start({ container: 'p-starts' })).rejects.toMatchObject({
      error: expect.stringMatching(/^io\.berth\.Container\.(?:UnitFailed|RuntimeFailed)$/) as string,
    });
    expect(await state('p-starts')).toBe('configured');
    expect(await leaks(machine, /^(?:file|unit .*failed$)/)).toEqual([]);
  });
  await berth.containers.start({ container: 'p-starts' });
  expect(await state('p-starts')).toBe('running');
});

it.each([0, 1])(
  'a container whose stop timeout is %d µs has its end written down and its root unmounted',
  async (stopTimeoutUSec) => {
    await berth.run('t-stops', 'trap "" TERM; while :; do sleep 1000 & wait; done', { stopTimeoutUSec });
    await machine.sh('systemctl stop berth-t-stops.service');
    expect(await berth.wait('t-stops')).toMatchObject({ exitCode: 137 });
    expect(await leaks(machine, /^(?:file|unit) /)).toEqual([]);
    const record = `/var/lib/berth/containers/${(await inspect('t-stops')).id.slice(0, 12)}/exit`;
    expect((await machine.sh(`grep -x END ${record}`)).text()).toBe('END');
  },
);
