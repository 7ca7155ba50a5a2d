import { createHash, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ExecConfiguration } from '../../src/api/io-berth-container.ts';
import type { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { Streams } from './streams.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(
  machine,
  (connected) => {
    berth = connected;
  },
  'none-soon',
);
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';

beforeEach(async () => {
  await berth.run('x', FOREVER);
});

const exec = async (
  command: string[],
  configuration: Partial<ExecConfiguration> = {},
  options: { raw?: boolean; detachKeys?: string } = {},
) =>
  new Streams(
    await berth.containers.exec({ container: 'x', configuration: { command, ...configuration }, ...options }),
  );
const sh = async (script: string, configuration: Partial<ExecConfiguration> = {}) =>
  await exec(['sh', '-c', script], configuration);
const create = async (script: string, configuration: Partial<ExecConfiguration> = {}) =>
  (
    await berth.containers.execCreate({
      container: 'x',
      configuration: { command: ['sh', '-c', script], ...configuration },
    })
  ).id;
const inspect = async (session: string) => (await berth.containers.execInspect({ session })).execSession;
/** @param meanwhile a script that is run while there is no berthd */
const restartBerthd = async (meanwhile = ':'): Promise<void> => {
  await machine.sh(
    `systemctl stop berthd.socket berthd.service; ${meanwhile}; systemctl start berthd.socket berthd.service`,
  );
  await reconnect();
};
const descriptorsOfBerthd = async (): Promise<number> =>
  Number((await machine.sh('ls /proc/$(systemctl show -P MainPID berthd.service)/fd | wc -l')).text());

describe('Exec', () => {
  it('runs a command beside the first process, with its streams apart and its exit code', async () => {
    const session = await sh('echo out; echo err >&2; hostname; exit 3');
    expect(await session.last).toEqual({ type: 'exit', exitCode: 3 });
    const hostname = (await berth.containers.inspect({ container: 'x' })).id.slice(0, 12);
    expect([session.text(1), session.text(2)]).toEqual([`out\n${hostname}\n`, 'err\n']);
  });

  it.each(['crun', 'runc'])('passes input on to its end, and output after that, with %s', async (runtime) => {
    await berth.run('y', FOREVER, { runtime });
    const configuration = { command: ['sh', '-c', 'cat; echo end'], stdin: true };
    const session = new Streams(await berth.containers.exec({ container: 'y', configuration }));
    session.type('one\n');
    session.type('two\n');
    session.endInput();
    expect(await session.last).toEqual({ type: 'exit', exitCode: 0 });
    expect(session.text()).toBe('one\ntwo\nend\n');
  });

  it('has no input unless it is asked for', async () => {
    const session = await sh('cat; echo end');
    expect(await session.last).toMatchObject({ exitCode: 0 });
    expect(session.text()).toBe('end\n');
  });

  // prettier-ignore
  it.each([
    ['a program that is not there', ['nope'], 127],
    ['a file that cannot be executed', ['/etc/passwd'], 126],
    ['a folder', ['/etc'], 126],
    ['a signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['a signal that it was sent', ['sh', '-c', 'kill -TERM $$'], 143],
    ['255', ['sh', '-c', 'exit 255'], 255],
  ] as const)('ends with what shells say of %s', async (_, command, exitCode) => {
    const session = await exec([...command]);
    expect(await session.last).toMatchObject({ type: 'exit', exitCode });
  });

  it('says why a program cannot be run, also where the runtime has written that itself', async () => {
    const why = 'executable file `nope` not found in $PATH';
    const last = { type: 'exit', exitCode: 127, message: expect.stringContaining(why) };
    const session = await exec(['nope']);
    expect([await session.last, session.text(2)]).toEqual([last, expect.stringContaining(why)]);
    const terminal = await exec(['nope'], { terminal: true });
    expect([await terminal.last, terminal.text(1)]).toEqual([last, expect.stringContaining(why)]);
    const { code, stdout, stderr } = await machine.exec(['berth', 'exec', 'x', 'nope']);
    expect([code, stdout.toString(), stderr.toString()]).toEqual([
      127,
      '',
      expect.stringContaining(`berth: nothing was run: ${why}`),
    ]);
  });

  it('runs as who is asked for, where and with what is asked for', async () => {
    const script = 'id -u; id -g; id -G; pwd; echo $GREETING $HOME; grep CapEff /proc/self/status';
    const session = await sh(script, {
      user: 'app',
      groups: ['nogroup'],
      workingDirectory: '/tmp',
      environment: { GREETING: 'hi' },
    });
    expect(await session.last).toMatchObject({ exitCode: 0 });
    expect(session.text().split('\n').slice(0, 5)).toEqual(['1000', '1000', '1000 2000 65534', '/tmp', 'hi /home/app']);
    expect(session.text()).toContain('CapEff:\t0000000000000000');
    const other = await sh('id -u; id -g; grep -c CapEff:.*ffff /proc/self/status', { user: '7:8', privileged: false });
    await other.last;
    expect(other.text()).toBe('7\n8\n0\n');
    const strong = await sh('grep CapEff /proc/self/status', { privileged: true });
    await strong.last;
    const own = (await machine.sh('grep CapBnd /proc/1/status')).text().split('\t')[1];
    expect(strong.text().trim().split('\t')[1]).toBe(own);
    await expect(sh('true', { user: 'nobody-here' })).rejects.toMatchObject({ error: 'io.berth.Container.NoSuchUser' });
    await expect(exec([])).rejects.toMatchObject({ parameters: { parameter: 'configuration.command' } });
  });

  it('speaks raw bytes to clients that know no frames', async () => {
    const script = `{ printf '{"method":"io.berth.Container.Exec","upgrade":true,"parameters":{"container":"x","raw":true,"configuration":{"command":["sh"],"stdin":true}}}\\0'; sleep 1; echo 'echo from-$((40+2))'; } |
      socat -t 10 - UNIX-CONNECT:/run/berth/io.berth | tr '\\0' '\\n'`;
    const { stdout } = await machine.sh(script);
    expect(stdout.toString()).toMatch(/^\{"parameters":\{"id":"[0-9a-f]{64}"\}\}\nfrom-42\n$/);
  });

  it.each([
    ['an unknown stream', Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), 'stream'],
    ['a frame that is too long', Buffer.from([0, 0, 0, 0, 255, 0, 0, 0]), 'length'],
    ['control that is no JSON', Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 0x7b]), 'control'],
    ['output from the client', Buffer.from([1, 0, 0, 0, 0, 0, 0, 1, 0x7b]), 'stream'],
  ])('ends a session of %s with an error, and no other', async (_, bytes, parameter) => {
    const other = await sh('cat', { stdin: true });
    const session = await sh('sleep 1000', { stdin: true });
    session.stream.write(bytes);
    expect(await session.last).toMatchObject({
      type: 'error',
      error: 'org.varlink.service.InvalidParameter',
      parameters: { parameter },
    });
    other.type('still here\n');
    other.endInput();
    expect(await other.last).toMatchObject({ exitCode: 0 });
    expect(other.text()).toBe('still here\n');
  });

  it('carries 256 MiB through cat unchanged', async () => {
    const session = await exec(['cat'], { stdin: true });
    const sent = createHash('sha256');
    const received = createHash('sha256');
    let taken = 0;
    const count = (): void => {
      for (const { bytes } of session.chunks.splice(0)) {
        received.update(bytes);
        taken += bytes.length;
      }
    };
    session.stream.on('data', count);
    const block = randomBytes(256 * 1024);
    for (let index = 0; index < 1024; index++) {
      block.writeUInt32BE(index);
      sent.update(block);
      if (!session.type(block)) await new Promise((resolve) => session.stream.once('drain', resolve));
    }
    session.endInput();
    expect(await session.last).toEqual({ type: 'exit', exitCode: 0 });
    count();
    expect(taken).toBe(1024 * block.length);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
  }, 180_000);

  it('keeps 10,000 lines of each stream in order and apart', async () => {
    const session = await sh('i=0; while [ $i -lt 10000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done');
    expect(await session.last).toMatchObject({ exitCode: 0 });
    const expected = (letter: string): string =>
      Array.from({ length: 10_000 }, (_, index) => `${letter}${index}\n`).join('');
    expect(session.text(1) === expected('o')).toBe(true);
    expect(session.text(2) === expected('e')).toBe(true);
  });

  it('100 at once and 1,000 one after another all end right, and leave nothing', async () => {
    await (
      await sh('true')
    ).last;
    const before = await descriptorsOfBerthd();
    const stored = async () => (await berth.show('berthd.service', 'NFileDescriptorStore'))['NFileDescriptorStore'];
    const kept = await stored();
    const outcome = async (index: number): Promise<unknown> => {
      const session = await sh(`echo ${index}; exit ${index % 100}`);
      return [await session.last, session.text()];
    };
    const expected = (index: number) => [{ type: 'exit', exitCode: index % 100 }, `${index}\n`];
    const hundred = Array.from({ length: 100 }, (_, index) => index);
    expect(await Promise.all(hundred.map(outcome))).toEqual(hundred.map(expected));
    for (let index = 0; index < 1000; index++) expect(await outcome(index)).toEqual(expected(index));
    await expect.poll(async () => (await leaks(machine)).filter((line) => line.includes('exec'))).toEqual([]);
    expect((await machine.sh('ls /run/berth/exec')).text()).toBe('');
    await expect.poll(descriptorsOfBerthd).toBeLessThanOrEqual(before + 2);
    expect(await stored()).toBe(kept); // those of the container
  }, 180_000);
});

describe('an exec session', () => {
  it('is an object: made, started, looked at, stopped and removed', async () => {
    const id = await create(FOREVER);
    expect(await inspect(id)).toMatchObject({
      id,
      state: 'created',
      configuration: { command: ['sh', '-c', FOREVER] },
    });
    await berth.containers.execStart({ session: id.slice(0, 12) });
    const running = await inspect(id);
    expect(running).toMatchObject({ state: 'running', unit: `berth-exec-${id.slice(0, 12)}.scope` });
    expect(await berth.show(running.unit, 'ActiveState', 'Before', 'PartOf', 'Slice')).toEqual({
      ActiveState: 'active',
      Before: expect.stringContaining('berth-x.service') as string,
      PartOf: 'berth-x.service',
      Slice: 'berth.slice',
    });
    const group = await machine.check(['cat', `/proc/${String(running.process?.pid)}/cgroup`]);
    expect(group.text()).toContain('0::/berth.slice/berth-x.service/container');
    const wrong = { error: 'io.berth.Container.WrongExecState', parameters: { session: id, state: 'running' } };
    await expect(berth.containers.execStart({ session: id })).rejects.toMatchObject(wrong);
    await expect(berth.containers.execRemove({ session: id })).rejects.toMatchObject(wrong);
    await berth.containers.execStop({ session: id });
    expect(await inspect(id)).toMatchObject({ state: 'stopped', exitCode: 0 });
    await berth.containers.execRemove({ session: id });
    await expect(inspect(id)).rejects.toMatchObject({ error: 'io.berth.Container.NoSuchExecSession' });
  });

  it('that will not end is killed when its time is up, and by force', async () => {
    const stubborn = async (): Promise<string> => {
      const session = await create('trap "" TERM; echo up; exec sleep 1000');
      await new Streams(await berth.containers.execStartAndAttach({ session })).until('up');
      return session;
    };
    const id = await stubborn();
    await berth.containers.execStop({ session: id, timeoutUSec: 200_000 });
    expect(await inspect(id)).toMatchObject({ exitCode: 137 });
    await berth.containers.execRemove({ session: await stubborn(), force: true });
    await expect.poll(async () => (await machine.sh('pgrep -c -f "^sleep 1000" || true')).text().trim()).toBe('1');
  });

  it('refuses to be started where its program is not there', async () => {
    const { id } = await berth.containers.execCreate({ container: 'x', configuration: { command: ['nope'] } });
    await expect(berth.containers.execStart({ session: id })).rejects.toMatchObject({
      error: 'io.berth.Container.CommandNotFound',
    });
    expect(await inspect(id)).toMatchObject({ state: 'stopped', exitCode: 127 });
  });

  it('outlives berthd, with its exit code and its terminal', async () => {
    const id = await create('read line; echo "got $line"; read other; exit 7', { terminal: true });
    const quick = await create('sleep 0.5; exit 9');
    const clean = await create('sleep 0.5');
    const first = new Streams(await berth.containers.execStartAndAttach({ session: id }));
    await berth.containers.execStart({ session: quick });
    await berth.containers.execStart({ session: clean });
    await machine.sh(
      'pid=$(systemctl show -P MainPID berthd.service); systemctl kill --kill-whom=main -s KILL berthd.service; while kill -0 $pid 2>/dev/null; do :; done; while systemctl is-active -q berth-exec-' +
        quick.slice(0, 12) +
        '.scope; do :; done',
    );
    expect(await first.last).toBeUndefined();
    await reconnect();
    await expect.poll(async () => await inspect(quick)).toMatchObject({ state: 'stopped', exitCode: 9 });
    await expect.poll(async () => await inspect(clean)).toMatchObject({ state: 'stopped', exitCode: 0 });
    const again = new Streams(await berth.containers.execAttach({ session: id }));
    again.type('hello\n');
    await again.until('got hello');
    again.type('\n');
    expect(await again.last).toEqual({ type: 'exit', exitCode: 7 });
  });

  it('is none of berthd: it goes on when that is stopped, and ends when systemd is asked to stop it', async () => {
    const id = await create('trap "exit 5" TERM; while :; do sleep 1000 & wait; done');
    await berth.containers.execStart({ session: id });
    const { unit } = await inspect(id);
    const group = await machine.sh(`ps -o comm= -p "$(paste -s -d, /sys/fs/cgroup/berth.slice/${unit}/cgroup.procs)"`);
    expect(group.text().trim().split('\n').sort()).toEqual(['crun', 'sh']);
    await restartBerthd();
    expect(await inspect(id)).toMatchObject({ state: 'running' });
    await machine.check(['systemctl', 'stop', unit]);
    await expect.poll(async () => await inspect(id)).toMatchObject({ state: 'stopped', exitCode: 5 });
  });

  it('that is killed with its unit takes its process with it, whether berthd is there or not', async () => {
    const here = await create('exec sleep 1001');
    const away = await create('exec sleep 1001');
    for (const session of [here, away]) await berth.containers.execStart({ session });
    const kill = async (session: string): Promise<string> =>
      `systemctl kill --signal=KILL ${(await inspect(session)).unit}`;
    await machine.sh(await kill(here));
    await expect.poll(async () => await inspect(here)).toMatchObject({ state: 'stopped', exitCode: 137 });
    await restartBerthd(await kill(away));
    await expect.poll(async () => (await inspect(away)).state).toBe('stopped');
    expect((await inspect(away)).exitCode).toBeUndefined(); // the one that would have recorded it is gone
    await expect.poll(async () => (await machine.sh('pgrep -c -f "^sleep 1001" || true')).text().trim()).toBe('0');
  });

  it('keeps a container that has ended from Cleanup and Remove, unless that is forced, and goes with it', async () => {
    await berth.run('h', 'exec sleep 1000', { pidNamespace: 'host' });
    const configuration = { command: ['sleep', '1000'] };
    const { id } = await berth.containers.execCreate({ container: 'h', configuration });
    await berth.containers.execStart({ session: id });
    // Its process is killed with the container's, but those who could say so stand still.
    await machine.sh(`systemctl kill --signal=STOP ${(await inspect(id)).unit}`);
    await machine.sh('systemctl kill --kill-whom=main --signal=KILL berth-h.service');
    expect(await berth.wait('h')).toMatchObject({ signal: 'SIGKILL' });
    const active = { error: 'io.berth.Container.ActiveExecSessions', parameters: { container: 'h', sessions: [id] } };
    await expect(berth.containers.cleanup({ container: 'h' })).rejects.toMatchObject(active);
    await expect(berth.containers.remove({ container: 'h' })).rejects.toMatchObject(active);
    await berth.containers.remove({ container: 'h', force: true });
    await expect(inspect(id)).rejects.toMatchObject({ error: 'io.berth.Container.NoSuchExecSession' });
  });

  it.each([
    ['berth stop', async () => await berth.containers.stop({ container: 's' })],
    ['systemctl stop', async () => await machine.check(['systemctl', 'stop', 'berth-s.service'])],
    ['a stop of everything, as at power-off', async () => await machine.check(['systemctl', 'stop', 'berth.slice'])],
  ])('that heeds no signal does not keep its container from its own: %s', async (_, stop) => {
    await berth.run('s', 'trap "exit 3" TERM; echo ready; while :; do sleep 1000 & wait; done', {
      stopTimeoutUSec: 600_000_000,
    });
    await expect.poll(async () => await berth.lines('s')).toHaveLength(1);
    const configuration = { command: ['sh', '-c', 'trap "" HUP INT TERM; echo up; while :; do sleep 1000; done'] };
    const { id } = await berth.containers.execCreate({ container: 's', configuration });
    const session = new Streams(await berth.containers.execStartAndAttach({ session: id }));
    await session.until('up');
    await stop();
    expect(await berth.wait('s')).toMatchObject({ exitCode: 3 });
    expect(await session.last).toMatchObject({ type: 'exit', exitCode: 137 });
  });

  it('ends with its container, which it keeps from nothing but an unforced removal', async () => {
    const session = await sh('echo up; exec sleep 1000');
    await session.until('up');
    await expect(berth.containers.remove({ container: 'x' })).rejects.toMatchObject({
      error: 'io.berth.Container.WrongState',
    });
    await berth.containers.stop({ container: 'x', timeoutUSec: 2_000_000 });
    expect(await session.last).toMatchObject({ type: 'exit', exitCode: 137 });
    await expect(sh('true')).rejects.toMatchObject({
      error: 'io.berth.Container.WrongState',
      parameters: { state: 'exited', operation: 'exec' },
    });
  });
});
