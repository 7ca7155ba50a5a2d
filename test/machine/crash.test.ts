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

const killBerthd = async (): Promise<void> => {
  await machine.check(['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'berthd.service']);
};
/** Keeps berthd down until it is called. */
const stopBerthd = async (): Promise<void> => {
  await killBerthd();
  await machine.sh(
    'systemctl stop berthd.service 2>/dev/null; systemctl reset-failed berthd.service 2>/dev/null || true',
  );
};
const state = async (container: string) => (await berth.containers.inspect({ container })).runtime;
const FOREVER = 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done';

it('containers that end while berthd is dead have ended when it comes back', async () => {
  await berth.run('d-zero', 'while [ ! -e /go ]; do sleep 0.1; done; exit 0');
  await berth.run('d-code', 'sleep 1; exit 23');
  await berth.run('d-kill', FOREVER);
  await berth.run('d-stop', FOREVER);
  await berth.run('d-rm', 'sleep 1; exit 3', { removeOnExit: true });
  await berth.run('d-lives', FOREVER);
  const { process: before } = await state('d-lives');
  await stopBerthd();
  await machine.sh('for each in /var/lib/berth/containers/*/root; do touch "$each/go"; done');
  await machine.sh('systemctl kill --kill-whom=main -s KILL berth-d-kill.service; systemctl stop berth-d-stop.service');
  await machine.sh(
    'while systemctl is-active -q berth-d-code.service berth-d-rm.service berth-d-zero.service; do :; done',
  );

  const exits = await Promise.all(
    ['d-zero', 'd-code', 'd-kill', 'd-stop', 'd-rm'].map(async (name) => await berth.wait(name)),
  );
  expect(exits.map((exit) => exit?.exitCode)).toEqual([0, 23, 137, 5, 3]);
  expect(exits[2]).toMatchObject({ signal: 'SIGKILL' });
  expect((await berth.show('berth-d-code.service', 'ExecMainStatus'))['ExecMainStatus']).toBe('23');
  await expect
    .poll(async () => await state('d-rm').catch((error: unknown) => error))
    .toMatchObject({
      error: 'io.berth.Container.NoSuchContainer',
    });
  expect(await state('d-lives')).toMatchObject({ state: 'running', process: before });
});

it('killing berthd again and again while containers start, run, stop and go loses none of them', async () => {
  const rounds = 12;
  const names = Array.from({ length: 16 }, (_, index) => `k-${index.toString()}`);
  await Promise.all(
    names.map(
      async (name, index) =>
        await berth.create(name, `trap "exit ${index.toString()}" TERM; while :; do sleep 1000 & wait; done`),
    ),
  );
  for (let round = 0; round < rounds; round++) {
    const work = names.map(async (container, index) => {
      if ((index + round) % 3 === 0) await berth.containers.start({ container });
      if ((index + round) % 3 === 1) await berth.containers.stop({ container, timeoutUSec: 2_000_000 });
      if ((index + round) % 3 === 2) await berth.containers.kill({ container, signal: 'TERM' });
    });
    const dying = machine.sh(
      `pid=$(systemctl show -P MainPID berthd.service); sleep 0.${(round * 7 + 3).toString().padStart(2, '0')}; systemctl kill --kill-whom=main -s KILL berthd.service; while kill -0 $pid 2>/dev/null; do :; done`,
    );
    await Promise.allSettled([...work, dying]);
    // Whatever was cut off: the next berthd says of each what systemd says.
    await reconnect();
    for (const name of names) {
      const seen = await state(name);
      const unit = await berth.show(`berth-${name}.service`, 'ActiveState', 'MainPID');
      const active = unit['ActiveState'] === 'active';
      expect([name, seen.state === 'running', seen.process?.pid ?? 0]).toEqual([
        name,
        active,
        active ? Number(unit['MainPID']) : 0,
      ]);
    }
  }
  await Promise.allSettled(
    names.map(async (container) => await berth.containers.stop({ container, timeoutUSec: 5_000_000 })),
  );
  for (const [index, name] of names.entries()) {
    const { state: at, exit } = await state(name);
    if (at === 'configured') continue;
    expect([name, at]).toEqual([name, 'exited']);
    expect([index, 137, 143]).toContain(exit?.exitCode);
  }
}, 180_000);

it('a removal that was cut off is finished by the next berthd', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `g-${index.toString()}`);
  await Promise.all(names.map(async (name) => await berth.run(name, FOREVER)));
  const removals = names.map(async (container) => await berth.containers.remove({ container, force: true }));
  const dying = machine.sh(
    'pid=$(systemctl show -P MainPID berthd.service); sleep 0.08; systemctl kill --kill-whom=main -s KILL berthd.service; while kill -0 $pid 2>/dev/null; do :; done',
  );
  await Promise.allSettled([...removals, dying]);
  await reconnect();
  for await (const { container } of berth.containers.list()) expect(container?.runtime.state).not.toBe('removing');
});

it('wait goes on being right for who asks again after a restart', async () => {
  await berth.run('w-restart', 'sleep 1; exit 11');
  const first = expect(berth.wait('w-restart')).rejects.toThrow();
  await machine.check(['systemctl', 'restart', 'berthd.service']);
  await first;
  expect(await berth.wait('w-restart')).toMatchObject({ exitCode: 11 });
});
