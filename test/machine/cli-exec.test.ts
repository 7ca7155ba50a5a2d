/** `berth exec`, `attach` and what `run` and `start` do with -i and -t, as a person or a script has them. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import type { Outcome, RunOptions } from './process.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let client: Berth;
const reconnect = useBerth(
  machine,
  (connected) => {
    client = connected;
  },
  'none-soon',
);
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

beforeEach(async () => {
  await client.run('x', FOREVER);
});

const berth = async (argv: readonly string[], options?: RunOptions): Promise<Outcome> =>
  await machine.exec(['berth', ...argv], { timeoutMs: 20_000, ...options });
const bash = async (script: string): Promise<Outcome> =>
  await machine.exec(['bash', '-c', script], { timeoutMs: 20_000 });
const said = ({ code, stdout, stderr }: Outcome): object => ({
  code,
  stdout: stdout.toString(),
  stderr: stderr.toString(),
});
/** Says that it is ready, and something else when it is asked to end. */
const TRAPS = 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.1; done';
/** Sends `berth` SIGTERM once it has said that it is ready. */
const terminated = async (argv: readonly string[]): Promise<object> => {
  const child = machine.spawn(['berth', ...argv]);
  child.stdin.end();
  const complaints = textOf(child.stderr);
  let stdout = '';
  for await (const chunk of child.stdout) {
    if (stdout === '') child.kill('SIGTERM');
    stdout += String(chunk);
  }
  return { code: (await child.ended).code, stdout, stderr: await complaints };
};
/** With a terminal of 33 rows and 99 columns, by a script of expectations and keys. */
const typed = async (command: string, steps: readonly (readonly [seen: string, keys: string])[]): Promise<Outcome> =>
  await machine.exec(['python3', '-c', TERMINAL, command, JSON.stringify(steps)], { timeoutMs: 20_000 });
const TERMINAL = `
import fcntl, json, os, pty, select, struct, subprocess, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp('bash', ['bash', '-c', 'stty rows 33 cols 99; before=$(stty -g); ' + sys.argv[1] + '; echo "code=$?"; [ "$before" = "$(stty -g)" ] && echo restored'])
seen = b''
def more():
    global seen
    if not select.select([fd], [], [], 5)[0]: return b''
    try: part = os.read(fd, 65536)
    except OSError: part = b''
    seen += part
    return part
at = 0
for expected, keys in json.loads(sys.argv[2]):
    while expected.encode() not in seen[at:]:
        if not more(): break
    found = seen.find(expected.encode(), at)
    if found < 0: break
    at = found + len(expected.encode())
    if keys.startswith('size '):
        columns, rows = keys[5:].split('x')
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))
    elif keys.startswith('run '): subprocess.run(keys[4:], shell=True, check=True)
    else: os.write(fd, keys.encode())
while more(): pass
sys.stdout.buffer.write(seen)
`;

describe('berth exec', () => {
  // prettier-ignore
  it.each<[command: string[], code: number, stderr: RegExp]>([
    [['true'],                         0,   /^$/],
    [['sh', '-c', 'exit 42'],          42,  /^$/],
    [['sh', '-c', 'kill -KILL $$'],    137, /^$/],
    [['no-such-command'],              127, /^.*no-such-command.+\nberth: nothing was run: .*no-such-command.+\n$/],
    [['/etc/passwd'],                  126, /^.*\/etc\/passwd.+\nberth: nothing was run: .*\/etc\/passwd.+\n$/],
    [[''],                             127, /^.*\nberth: nothing was run: .*``.+\n$/],
  ])('%j exits with %i', async (command, code, stderr) => {
    const ran = await berth(['exec', 'x', ...command]);
    expect([ran.code, ran.text()]).toEqual([code, '']);
    expect(ran.stderr.toString()).toMatch(stderr);
  });

  it.each(['crun', 'runc'])('exits with 127 where the folder to run it in is missing, with %s', async (runtime) => {
    await client.run('y', FOREVER, { runtime });
    const ran = await berth(['exec', '-w', '/missing', 'y', 'true']);
    expect([ran.code, ran.stderr.toString()]).toEqual([
      127,
      expect.stringMatching(/^berth: nothing was run: .+missing/m),
    ]);
    const detached = await berth(['exec', '-d', '-w', '/missing', 'y', 'true']);
    expect([detached.code, detached.stderr.toString()]).toEqual([
      127,
      expect.stringMatching(/^berth: container 'y' has no such command, or no such folder/),
    ]);
  });

  it('exits with 125 when berth itself fails', async () => {
    expect(await berth(['exec', 'nope', 'true'])).toMatchObject({ code: 125 });
    expect(await berth(['exec', '-u', 'nobody-there', 'x', 'true'])).toMatchObject({ code: 125 });
    expect(await berth(['exec', '--detach-keys', 'nonsense', 'x', 'true'])).toMatchObject({ code: 125 });
  });

  it('keeps the streams apart, and sets what the options say', async () => {
    const script = 'id -u; pwd; echo "$A$MINE"; echo err >&2; [ -t 0 ] || echo no terminal';
    const ran = await machine.exec(
      ['env', 'MINE=2', 'berth', 'exec', '-u', 'app', '-w', '/tmp', '-e', 'A=1', '-e', 'MINE', 'x', 'sh', '-c', script],
      {},
    );
    expect(said(ran)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^[1-9]\d*\n\/tmp\n12\nno terminal\n$/) as string,
      stderr: 'err\n',
    });
  });

  it('reads nothing without -i, and everything with it, to the byte', async () => {
    expect(said(await berth(['exec', 'x', 'cat'], { input: 'lost' }))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(said(await bash('echo data | berth exec -i x cat'))).toEqual({ code: 0, stdout: 'data\n', stderr: '' });
    const input = randomBytes(8 * MIB);
    const ran = await berth(['exec', '-i', 'x', 'cat'], { input });
    expect([ran.code, ran.stdout.length, sha256(ran.stdout)]).toEqual([0, input.length, sha256(input)]);
  });

  it('goes on with its output after the end of its input', async () => {
    const ran = await berth(['exec', '-i', 'x', 'sh', '-c', 'cat >/dev/null; sleep 0.3; echo late'], { input: 'a' });
    expect(said(ran)).toEqual({ code: 0, stdout: 'late\n', stderr: '' });
  });

  it('is a pipe for tar, both ways', async () => {
    const script = `
      set -e; rm -rf /tmp/tarred; mkdir /tmp/tarred
      berth exec x tar -C / -cf - etc | tar -C /tmp/tarred -x
      tar -C /tmp/tarred -c etc | berth exec -i x tar -C /tmp -xf -
      berth exec x diff -r /etc /tmp/etc >&2; test -s /tmp/tarred/etc/passwd; rm -rf /tmp/tarred; echo same`;
    expect(said(await bash(script))).toEqual({ code: 0, stdout: 'same\n', stderr: '' });
  });

  it('ends quietly, and its command too, when nobody reads its output any more', async () => {
    const script = 'berth exec x yes | head -1; echo "${PIPESTATUS[@]}"';
    expect(said(await bash(script))).toEqual({ code: 0, stdout: 'y\n141 0\n', stderr: '' });
    expect((await berth(['exec', 'x', 'pgrep', 'yes'])).text()).toBe('');
  });

  it.each(['crun', 'runc'])(
    'exits as its command does, however much input is left when that ends (%s)',
    async (runtime) => {
      await client.run('y', FOREVER, { runtime });
      const codes = await bash(`
      for i in $(seq 10); do
        yes | berth exec -i y sh -c 'head -n 1; exit 7' >/dev/null; echo $?
        yes | berth exec -it y sh -c 'head -n 1; exit 7' >/dev/null; echo $?
        yes | berth run -i --rm --runtime ${runtime} plain sh -c 'head -n 1; exit 7' >/dev/null; echo $?
      done`);
      expect(said(codes)).toEqual({ code: 0, stdout: '7\n'.repeat(30), stderr: '' });
    },
  );

  it('asks the command to end when it gets a signal', async () => {
    expect(await terminated(['exec', 'x', 'sh', '-c', TRAPS])).toEqual({ code: 5, stdout: 'ready\nbye\n', stderr: '' });
  });

  it('-d leaves the command to itself', async () => {
    const ran = await berth(['exec', '-d', 'x', 'sh', '-c', 'echo here >/tmp/mark']);
    expect(ran.text()).toMatch(/^[0-9a-f]{64}$/);
    await expect.poll(async () => (await berth(['exec', 'x', 'cat', '/tmp/mark'])).text()).toBe('here');
    expect(await berth(['exec', '-d', 'x', 'nope'])).toMatchObject({ code: 127 });
    const sessions: (string | undefined)[] = [];
    for await (const { execSession } of client.containers.execList({ container: 'x' })) sessions.push(execSession?.id);
    expect(sessions).toEqual([ran.text()]);
  });
});

describe('berth exec --preserve-fds', () => {
  /** In a folder of its own, which has a file `in`. */
  const inFolder = async (script: string): Promise<object> =>
    said(await bash(`cd "$(mktemp -d)" && echo in >in && ${script}`));
  const descriptorsOfBerthd = async (): Promise<number> =>
    Number((await machine.sh('ls /proc/$(systemctl show -P MainPID berthd.service)/fd | wc -l')).text());

  it.each(['crun', 'runc'])(
    'gives the command descriptors of its caller, by %s, and berthd keeps none',
    async (runtime) => {
      await client.run('c', FOREVER, { runtime });
      await berth(['exec', 'c', 'true']);
      const before = await descriptorsOfBerthd();
      const own = 'for fd in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || printf $fd; done; echo';
      const script = `
      berth exec --preserve-fds=2 c sh -c 'cat <&3 >&4; ${own}; exit 3' 3<in 4>out 5<in; echo $?; cat out
      echo typed | berth exec -i --preserve-fds=6 c sh -c 'cat; cat <&3 <&8; ${own}' 3<in 4<in 5<in 6<in 7<in 8<in
      berth exec c sh -c '${own}' 3<in 4<in`;
      expect(await inFolder(script)).toEqual({
        code: 0,
        stdout: '01234\n3\nin\ntyped\nin\n012345678\n012\n',
        stderr: '',
      });
      await expect.poll(descriptorsOfBerthd).toBe(before);
    },
  );

  it('gives them to a command at a terminal, too', async () => {
    const script = `berth exec -t --preserve-fds=1 x sh -c 'cat <&3; tty >/dev/null && echo tty' 3<in </dev/null`;
    expect(await inFolder(script)).toEqual({ code: 0, stdout: 'in\r\ntty\r\n', stderr: '' });
  });

  it('gives them to a command that is left to itself, too', async () => {
    const id = expect.stringMatching(/^[0-9a-f]{64}\ndetached\n$/) as string;
    const script = `mkfifo out; exec 3<>out; berth exec -d --preserve-fds=1 x sh -c 'echo detached >&3'; head -n 1 <&3`;
    expect(await inFolder(script)).toEqual({ code: 0, stdout: id, stderr: '' });
  });

  // prettier-ignore
  it.each<[count: number, given: string, missing: number]>([
    [1, '3<&-',                   3],
    [2, '3<&- 4<in',              3],
    [2, '3<in 4<&-',              4],
    [3, '3<in 4<&- 5<in',         4],
    [4, '3<in 4<in 5<in 6<&-',    6],
  ])('%i runs nothing with %s', async (count, given, missing) => {
    expect(await inFolder(`berth exec --preserve-fds=${count.toString()} x echo ran ${given}`)).toEqual({
      code: 125,
      stdout: '',
      stderr: expect.stringContaining(`descriptor ${missing.toString()}, which is not open`) as string,
    });
  });

  it('runs nothing where the kernel does not let berthd have them', async () => {
    const folder = '/run/systemd/system/berthd.service.d';
    const restart = 'systemctl daemon-reload; systemctl restart berthd.service';
    // A berthd without that may look into no process which has it.
    const drop = `printf '[Service]\\nCapabilityBoundingSet=~CAP_SYS_PTRACE\\n' >${folder}/no-ptrace.conf`;
    await machine.sh(`mkdir -p ${folder}; ${drop}; ${restart}`);
    const refused = await inFolder('berth exec --preserve-fds=1 x echo ran 3<in');
    await machine.sh(`rm ${folder}/no-ptrace.conf; ${restart}`);
    await reconnect();
    expect(refused).toEqual({
      code: 125,
      stdout: '',
      stderr: expect.stringContaining('the kernel does not let berthd copy it') as string,
    });
  });

  it('takes six at most', async () => {
    expect(await inFolder('berth exec --preserve-fds=7 x true 3<in 4<in 5<in 6<in 7<in 8<in 9<in')).toEqual({
      code: 125,
      stdout: '',
      stderr: 'berth: --preserve-fds takes a number from 0 to 6\n',
    });
  });
});

describe('a terminal', () => {
  it('of exec has its size, follows it, passes keys on and is as it was afterwards', async () => {
    const script =
      'tty; stty size; trap "stty size; echo winch" WINCH; echo ready; while ! read line; do :; done; exit 7';
    const ran = await typed(`berth exec -it x sh -c '${script}'`, [
      ['ready', 'size 120x40'],
      ['winch', '\r'],
    ]);
    const text = ran.text();
    expect(text).toMatch(/\/dev\/(?:pts\/\d+|console)\r\n33 99\r\nready/);
    expect(text).toContain('40 120\r\nwinch');
    expect(text).toMatch(/code=7\r\nrestored$/);
  });

  it('passes ctrl-c on instead of ending', async () => {
    const ran = await typed(
      `berth exec -it x sh -c 'trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.1; done'`,
      [['ready', '\u0003']],
    );
    expect(ran.text()).toMatch(/caught\r\ncode=3\r\nrestored$/);
  });

  it('is there with -t alone, for scripts too', async () => {
    expect(said(await bash("berth exec -t x sh -c 'tty >/dev/null && echo yes; echo err >&2' </dev/null"))).toEqual({
      code: 0,
      stdout: 'yes\r\nerr\r\n',
      stderr: '',
    });
  });

  it('of run is left by the detach keys, and the container goes on', async () => {
    const ran = await typed(`berth run -it --name cli-tty plain sh -c 'echo up; read a'; berth ps -q | wc -l`, [
      ['up', '\u0010\u0011'],
    ]);
    expect(ran.text()).toMatch(/'berth attach [0-9a-f]{12}' attaches again\r\n2\r\ncode=0\r\nrestored$/);
  });

  it('is attached to again', async () => {
    const script = 'trap "echo drawn" WINCH; echo up; while ! read a; do :; done; echo "got $a"; exit 4';
    const ran = await typed(
      `berth run -itd --name cli-tty plain sh -c '${script}'; berth attach --detach-keys '' cli-tty`,
      [['drawn', 'hello\r']],
    );
    expect(ran.text()).toMatch(/got hello\r\ncode=4\r\nrestored$/);
  });
});

describe('a container with an input', () => {
  it('is a filter with run -i', async () => {
    expect(said(await bash('echo data | berth run --rm -i plain cat'))).toEqual({
      code: 0,
      stdout: 'data\n',
      stderr: '',
    });
    const input = randomBytes(8 * MIB);
    const ran = await berth(['run', '--rm', '-i', 'plain', 'cat'], { input });
    expect([ran.code, ran.stdout.length, sha256(ran.stdout)]).toEqual([0, input.length, sha256(input)]);
  });

  it('exits as its command does, and gets signals', async () => {
    expect(await berth(['run', '--rm', '-i', 'plain', 'no-such-command'])).toMatchObject({ code: 127 });
    expect(await berth(['run', '--rm', '-i', 'plain', 'sh', '-c', 'exit 9'])).toMatchObject({ code: 9 });
    const ran = await terminated(['run', '--rm', '-i', 'plain', 'sh', '-c', TRAPS]);
    expect(ran).toEqual({ code: 5, stdout: 'ready\nbye\n', stderr: '' });
  });

  it('is made by create -i and attached to by start -a -i', async () => {
    await berth(['create', '-i', '--name', 'cli-made', 'plain', 'cat']);
    expect(said(await berth(['start', '-a', '-i', 'cli-made'], { input: 'one' }))).toEqual({
      code: 0,
      stdout: 'one',
      stderr: '',
    });
    expect(said(await berth(['start', '-ai', 'cli-made'], { input: 'two' }))).toMatchObject({ stdout: 'two' });
    await berth(['create', '--name', 'cli-deaf', 'plain', 'sh', '-c', 'cat; exit 4']);
    expect(said(await berth(['start', '-ai', 'cli-deaf'], { input: 'three' }))).toEqual({
      code: 4,
      stdout: '',
      stderr: '',
    });
  });
});

describe('a berthd that dies', () => {
  const KILL =
    'pid=$(systemctl show -P MainPID berthd.service); systemctl kill --kill-whom=main -s KILL berthd.service; while kill -0 $pid 2>/dev/null; do :; done; systemctl start berthd.service';
  const RESTART = 'systemctl restart berthd.service';
  const COUNT = 'i=0; while [ ! -e /tmp/go ]; do echo $i; i=$((i+1)); usleep 500; done; echo "last $i"; exit 7';
  const ROUNDS = 5;
  /** What berthd had read and not handed on at the instant of a kill -9: one chunk, of some lines. */
  const MAX_LOST = 50;

  afterEach(async () => {
    await reconnect();
  });

  // prettier-ignore
  it.each<[how: string, argv: string[], container: string, away: string, mostLost: number]>([
    ['killed under run',     ['run', '--name', 'cli-count', '-a', 'stdout', 'plain'], 'cli-count', KILL, MAX_LOST],
    ['killed under exec',    ['exec', 'x'], 'x', KILL, MAX_LOST],
    ['restarted under exec', ['exec', 'x'], 'x', RESTART, 0],
  ])('is %s, and what is said goes on without a repeat', async (how, argv, container, away, mostLost) => {
    const child = machine.spawn(['berth', ...argv, 'sh', '-c', COUNT]);
    child.stdin.end();
    const complaints = textOf(child.stderr);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (let round = 0; round < ROUNDS; round++) {
      await once(child.stdout, 'data');
      await machine.sh(away);
    }
    await once(child.stdout, 'data');
    expect(said(await berth(['exec', container, 'touch', '/tmp/go']))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await child.ended).toEqual({ code: 7, signal: null });
    expect(await complaints).toBe('');
    const lines = Buffer.concat(chunks).toString().trim().split('\n');
    const count = Number(lines.pop()?.replace('last ', ''));
    const numbers = lines.map(Number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const lost = (count - numbers.length).toString();
    process.stderr.write(`berth: ${how} ${ROUNDS.toString()} times, ${count.toString()} lines: ${lost} lost\n`);
    expect(Number(lost)).toBeLessThanOrEqual(ROUNDS * mostLost);
  }, 120_000);

  it('is no end of a terminal, which is as it was afterwards', async () => {
    const ran = await typed(
      `berth exec -it x sh -c 'echo up; while read -r line; do echo "got $line"; [ "$line" = end ] && exit 6; done'`,
      [
        ['up', 'one\r'],
        ['got one', 'run systemctl restart berthd.service'],
        ['', 'two\r'],
        ['got two', 'end\r'],
      ],
    );
    expect(ran.text()).toMatch(/got two\r\nend\r\ngot end\r\ncode=6\r\nrestored$/);
  });
});

describe('the size of a terminal', () => {
  it.each([
    ['standard input', '2>/dev/null | cat'],
    ['standard error', '</dev/null | cat'],
    ['standard output', '</dev/null 2>/dev/null'],
  ])('is that of %s where only that is one', async (_, redirection) => {
    const image = await client.image('plain');
    const seen = await typed(`berth run --rm -t ${image} stty size ${redirection}`, []);
    expect(seen.stdout.toString()).toContain('33 99');
  });
});

describe('berth run', () => {
  it('says what kind of terminal it gives, unless somebody else does', async () => {
    const image = await client.image('plain');
    const term = async (...options: string[]): Promise<string> =>
      (await berth(['run', '--rm', ...options, image, 'sh', '-c', 'echo "[$TERM]"'])).text();
    expect([await term(), await term('-t'), await term('-t', '-e', 'TERM=vt100')]).toEqual([
      '[]',
      '[xterm]',
      '[vt100]',
    ]);
  });

  it.each(['crun', 'runc'])('exits with 127 for a command without a name, with %s', async (runtime) => {
    expect(await berth(['run', '--rm', '--runtime', runtime, await client.image('plain'), ''])).toMatchObject({
      code: 127,
    });
  });

  it('does not speak of an image where there is none', async () => {
    const ran = await berth(['run', '--rm', '--rootfs', '/srv']);
    expect([ran.code, ran.stderr.toString()]).toEqual([
      125,
      "berth: '/srv' does not say what to run; give a command after it\n",
    ]);
  });
});
