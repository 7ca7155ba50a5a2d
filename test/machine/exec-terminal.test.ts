/** Exec sessions at a terminal: with crun, which gives it away, and with runc, which keeps it and copies. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExecConfiguration } from '../../src/api/io-berth-container.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { Streams } from './streams.ts';
import { Terminal, type Size } from './terminal.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const FOREVER = 'trap "exit 0" INT TERM; while :; do sleep 1000 & wait; done';
const SIZE: Size = { columns: 99, rows: 33 };
const DETACH = '\u0010\u0011';
const ESCAPE = '\u001B';
const INTERRUPT = '\u0003';
/** How the cursor is moved to the beginning of a row, which is where `vi` has its status. */
const atRow = (row: number): string => `\u001B[${row.toString()};1H`;
const MIB = 1024 * 1024;

beforeAll(async () => {
  berth = await Berth.connect(machine);
});
afterEach(async () => {
  await berth.removeAll();
  await expect.poll(async () => await leaks(machine)).toEqual([]);
  await expect
    .poll(async () => (await berth.show('berthd.service', 'NFileDescriptorStore'))['NFileDescriptorStore'])
    .toBe('0');
});
afterAll(async () => {
  await berth[Symbol.asyncDispose]();
});

const configurationOf = (script: string, further: Partial<ExecConfiguration>): ExecConfiguration => ({
  command: ['sh', '-c', script],
  terminal: true,
  ...further,
});
const exec = async (script: string, options: { size?: Size } = {}, further: Partial<ExecConfiguration> = {}) =>
  new Streams(
    await berth.containers.exec({ container: 'x', configuration: configurationOf(script, further), ...options }),
  );
const create = async (script: string) =>
  (await berth.containers.execCreate({ container: 'x', configuration: configurationOf(script, {}) })).id;
const attach = async (session: string) => new Streams(await berth.containers.execAttach({ session }));
const inspect = async (session: string) => (await berth.containers.execInspect({ session })).execSession;
const running = async (): Promise<string> => {
  for await (const { execSession } of berth.containers.execList({ container: 'x' }))
    if (execSession?.state === 'running') return execSession.id;
  throw new Error('no session is running');
};
const killBerthd = async (): Promise<void> => {
  await machine.sh(
    'pid=$(systemctl show -P MainPID berthd.service); systemctl kill --kill-whom=main -s KILL berthd.service; while kill -0 $pid 2>/dev/null; do :; done',
  );
  await berth[Symbol.asyncDispose]();
  berth = await Berth.connect(machine);
};

describe.each(['crun', 'runc'])('a terminal of exec with %s', (runtime) => {
  beforeEach(async () => {
    await berth.run('x', FOREVER, { runtime, stopSignal: 'SIGINT' });
  });

  it('has its size at once, and everything on standard output', async () => {
    const session = await exec('stty size; tty; echo err >&2; exit 3', { size: SIZE });
    expect(await session.last).toEqual({ type: 'exit', exitCode: 3 });
    expect([session.text(1), session.text(2)]).toEqual(['33 99\r\n/dev/pts/0\r\nerr\r\n', '']);
  });

  it('has its size before its command runs, however busy the host is, and the usual priority', async () => {
    await berth.run('busy', 'for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait', { runtime });
    const shown: unknown[] = [];
    for (let nth = 0; nth < 20; nth++) {
      const session = await exec('stty size; set -- $(cat /proc/self/stat); echo ${19} ${40} ${41}', { size: SIZE });
      await session.last;
      shown.push(session.text(1));
    }
    expect(new Set(shown)).toEqual(new Set(['33 99\r\n0 0 0\r\n']));
  });

  it('follows its size, and ctrl-c ends what is in the foreground', async () => {
    const session = await exec('trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done');
    await session.until('ready');
    session.resize(101, 37);
    await session.until('37 101');
    session.resize(70, 20);
    await session.until('20 70');
    session.type(INTERRUPT);
    expect(await session.last).toEqual({ type: 'exit', exitCode: 130 });
    expect(session.text(1)).toBe('ready\r\n37 101\r\n20 70\r\n^C');
  });

  it('has what is typed, also before anybody reads it, and its end', async () => {
    const session = await exec('read a; echo "got $a"; cat; echo end; exit 4');
    session.type('early\n');
    await session.until('got early\r\n');
    session.type('more\n');
    await session.until('more\r\nmore\r\n');
    session.endInput();
    expect(await session.last).toEqual({ type: 'exit', exitCode: 4 });
    expect(session.text(1)).toBe('early\r\ngot early\r\nmore\r\nmore\r\nend\r\n');
  });

  it('loses nothing of what is said at the end', async () => {
    const session = await exec(`stty raw; head -c ${String(4 * MIB)} /dev/zero; printf end`);
    expect(await session.last).toEqual({ type: 'exit', exitCode: 0 });
    const bytes = session.bytes(1);
    expect([bytes.length, bytes.subarray(-4).toString()]).toEqual([4 * MIB + 3, '\0end']);
  });

  // prettier-ignore
  it.each([
    ['a program that is not there', ['nope'], 127],
    ['a file that cannot be executed', ['/etc/passwd'], 126],
    ['a signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['255', ['sh', '-c', 'exit 255'], 255],
  ] as const)('ends with what shells say of %s', async (_, command, exitCode) => {
    const session = await exec('', {}, { command: [...command] });
    expect(await session.last).toMatchObject({ type: 'exit', exitCode });
  });

  it('says once why a program cannot be run', async () => {
    const session = await exec('', {}, { command: ['nope'] });
    await session.last;
    expect(session.text(1).match(/nope/g)).toHaveLength(1);
  });

  it('gives descriptors of the caller beside it', async () => {
    const script = "berth exec -t --preserve-fds 1 x sh -c 'cat <&3' 3</etc/hostname </dev/null";
    const said = await machine.check(['bash', '-c', `${script}; cat /etc/hostname`]);
    expect(said.text()).toMatch(/^(\S+)\r\n\1$/);
  });

  it('is left by the detach keys, goes on, and is drawn anew for whoever comes back', async () => {
    const script = 'trap "echo drawn" WINCH; echo up; while ! read -r line; do :; done; echo "got $line"; exit 4';
    const session = await exec(script);
    await session.until('up');
    session.type(DETACH);
    expect(await session.last).toEqual({ type: 'detached' });
    const id = await running();
    const again = await attach(id);
    await again.until('drawn');
    again.type('second\n');
    expect(await again.last).toEqual({ type: 'exit', exitCode: 4 });
    expect(again.text()).toContain('got second\r\n');
    await berth.containers.execRemove({ session: id });
  });

  it('outlives berthd, is followed and drawn anew by the next, and ends with its exit code', async () => {
    const id = await create(
      'trap "stty size; echo drawn" WINCH; echo up; while ! read -r line; do :; done; echo "got $line"; read -r line; exit 7',
    );
    const first = new Streams(await berth.containers.execStartAndAttach({ session: id, size: SIZE }));
    await first.until('up');
    await killBerthd();
    const again = await attach(id);
    await again.until('33 99\r\ndrawn');
    await berth.containers.execResize({ session: id, size: { columns: 70, rows: 20 } });
    await again.until('20 70\r\ndrawn');
    again.type('hello\n');
    await again.until('got hello');
    again.type('\n');
    expect(await again.last).toEqual({ type: 'exit', exitCode: 7 });
  });

  it('of a session that ends while there is no berthd leaves its exit code', async () => {
    const id = await create('sleep 0.5; exit 9');
    await berth.containers.execStart({ session: id });
    const { unit } = await inspect(id);
    await machine.sh(
      `systemctl stop berthd.socket berthd.service; while systemctl is-active -q ${unit}; do :; done; systemctl start berthd.socket berthd.service`,
    );
    await berth[Symbol.asyncDispose]();
    berth = await Berth.connect(machine);
    await expect.poll(async () => await inspect(id)).toMatchObject({ state: 'stopped', exitCode: 9 });
  });

  it('ends as its process does when that, its unit or its container is asked to stop', async () => {
    const start = async (): Promise<string> => {
      const id = await create('trap "exit 8" HUP; trap "exit 9" INT; echo up; while :; do sleep 0.05; done');
      await new Streams(await berth.containers.execStartAndAttach({ session: id })).until('up');
      return id;
    };
    const own = await start();
    await berth.containers.execStop({ session: own });
    expect(await inspect(own)).toMatchObject({ state: 'stopped', exitCode: 9 });
    // runc ends at SIGINT; so what stops its unit is SIGHUP.
    const byUnit = { state: 'stopped', exitCode: runtime === 'runc' ? 8 : 9 };
    const ofUnit = await start();
    await machine.check(['systemctl', 'stop', (await inspect(ofUnit)).unit]);
    await expect.poll(async () => await inspect(ofUnit)).toMatchObject(byUnit);
    const ofContainer = await start();
    await berth.containers.stop({ container: 'x' });
    await expect.poll(async () => await inspect(ofContainer)).toMatchObject({ state: 'stopped', exitCode: 137 });
  });

  it('goes with its unit', async () => {
    const id = await create('echo up; exec sleep 1001');
    const session = new Streams(await berth.containers.execStartAndAttach({ session: id }));
    await session.until('up');
    await machine.sh(`systemctl kill --signal=KILL ${(await inspect(id)).unit}`);
    expect(await session.last).toMatchObject({ type: 'exit', exitCode: 137 });
    await expect.poll(async () => (await machine.sh('pgrep -c -f "^sleep 1001" || true')).text().trim()).toBe('0');
  });

  it('is that of berth exec -it, for editors and for shells with jobs', async () => {
    const editor = new Terminal(machine, ['berth', 'exec', '-it', 'x', 'sh', '-c', 'vi /tmp/file; exit 5'], SIZE);
    await editor.until(atRow(33));
    editor.resize({ columns: 120, rows: 40 });
    await editor.until(atRow(40));
    editor.type('ihello');
    await editor.until('hello');
    editor.type(ESCAPE);
    await editor.until('- /tmp/file'); // vi takes what comes at once after an escape for a part of it
    editor.type(':wq\r');
    expect(await editor.ended).toBe(5);

    const shell = new Terminal(machine, ['berth', 'exec', '-it', 'x', 'sh'], SIZE);
    await shell.until('# ');
    shell.type('echo $((40+2)); cat /tmp/file -\r');
    await shell.until('42\r\nhello'); // the shell has given the terminal to its job
    shell.type('line\r');
    await shell.until('line\r\nline');
    shell.type(INTERRUPT);
    await shell.until('^C');
    await shell.until('# ');
    shell.type('exit 4\r');
    expect(await shell.ended).toBe(4);
  });
});
