/** What another program does to the unit of a container, or to systemd itself, is seen. */
import { expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
useBerth(machine, (connected) => {
  berth = connected;
});

const FOREVER = 'trap "exit 5" TERM; while :; do sleep 1000 & wait; done';
const runtime = async (container: string) => (await berth.containers.inspect({ container })).runtime;
const reached = async (container: string, condition: 'running' | 'exited') =>
  await berth.containers.wait({ container, conditions: [condition] });

it('systemctl start of a unit that has failed is another run of the container', async () => {
  await berth.run(
    'o-start',
    'echo x >>/runs; [ "$(wc -l </runs)" = 1 ] && exit 3; trap "exit 5" TERM; sleep 1000 & wait',
  );
  expect(await berth.wait('o-start')).toMatchObject({ exitCode: 3 });
  const { invocationId: first } = await runtime('o-start');
  await machine.check(['systemctl', 'start', 'berth-o-start.service']);
  await reached('o-start', 'running');
  const { process: now, invocationId: second } = await runtime('o-start');
  expect(Number((await berth.show('berth-o-start.service', 'MainPID'))['MainPID'])).toBe(now?.pid);
  expect(second).not.toBe(first);
  await machine.check(['systemctl', 'stop', 'berth-o-start.service']);
  expect((await reached('o-start', 'exited')).exit).toMatchObject({ exitCode: 5 });
});

it('systemctl reset-failed takes the unit away, and the exit code stays', async () => {
  await berth.run('o-reset', 'exit 3');
  expect(await berth.wait('o-reset')).toMatchObject({ exitCode: 3 });
  await machine.check(['systemctl', 'reset-failed', 'berth-o-reset.service']);
  expect((await berth.show('berth-o-reset.service', 'LoadState'))['LoadState']).toBe('not-found');
  expect(await runtime('o-reset')).toMatchObject({ state: 'exited', exit: { exitCode: 3 } });
  await berth.containers.start({ container: 'o-reset' });
  expect(await berth.wait('o-reset')).toMatchObject({ exitCode: 3 });
});

it.each(['daemon-reload', 'daemon-reexec'])(
  'systemctl %s changes nothing, and ends are seen after it',
  async (verb) => {
    await berth.run('o-lives', FOREVER);
    const { process: before } = await runtime('o-lives');
    const waiting = berth.wait('o-lives');
    await machine.check(['systemctl', verb]);
    expect(await runtime('o-lives')).toMatchObject({ state: 'running', process: before });
    await machine.check(['systemctl', 'stop', 'berth-o-lives.service']);
    expect(await waiting).toMatchObject({ exitCode: 5 });
  },
);
