import { afterEach, expect, it } from 'vitest';
import { bytesOf, type Berth } from './berth.ts';
import { Streams } from './streams.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

/** BERTH_KILLS and BERTH_RESTARTS say how often berthd is killed, or restarted, under a container that counts. */
const KILLS = Number(process.env['BERTH_KILLS'] ?? 10);
const RESTARTS = Number(process.env['BERTH_RESTARTS'] ?? 10);
const LIMIT_MS = 60_000 + (KILLS + RESTARTS) * 5_000;
const machine = useMachine();
let berth: Berth;
// After what `useBerth` does: such hooks run in reverse order.
afterEach(async () => {
  await expect
    .poll(async () => (await berth.show('berthd.service', 'NFileDescriptorStore'))['NFileDescriptorStore'])
    .toBe('0');
});
const reconnect = useBerth(
  machine,
  (connected) => {
    berth = connected;
  },
  'none-soon',
);

const kill =
  'pid=$(systemctl show -P MainPID berthd.service); systemctl kill --kill-whom=main -s KILL berthd.service; while kill -0 $pid 2>/dev/null; do :; done';
const linesOf = async (container: string): Promise<Buffer[]> => (await berth.lines(container)).map(bytesOf);

it.each([
  ['input', { stdin: true }],
  ['a terminal', { terminal: true }],
  ['neither', {}],
])(
  'goes on over systemctl restart, whether berthd is there or not: of a container with %s',
  async (_, more) => {
    const script =
      'n=0; read -r n </n; echo $((n + 1)) >/n; trap "echo end $n; exit 0" TERM; echo run "$n"; while :; do sleep 0.05; done';
    const id = await berth.run('r-again', script, more);
    const texts = async (): Promise<string[]> =>
      (await linesOf('r-again')).map((line) => line.toString().trim()).filter((line) => /^(run|end)/.test(line));
    await expect.poll(texts).toEqual(['run 0']);
    await machine.check(['systemctl', 'restart', 'berth-r-again.service']);
    await expect.poll(texts).toEqual(['run 0', 'end 0', 'run 1']);
    await machine.sh(
      'systemctl stop berthd.socket berthd.service; systemctl restart berth-r-again.service; systemctl start berthd.socket',
    );
    await reconnect();
    await expect.poll(texts, { timeout: 20_000 }).toEqual(['run 0', 'end 0', 'run 1', 'end 1', 'run 2']);
    await berth.containers.remove({ container: id, force: true });
  },
  60_000,
);

it('is what a container has that asks for nothing, so that its programs can open /dev/stdout and links to it', async () => {
  const script = `ln -s /dev/stdout access.log; ln -s /dev/stderr error.log
    echo served >access.log; sh -c 'echo failed >error.log'; echo end >/dev/stderr`;
  await berth.run('r-links', script);
  expect(await berth.wait('r-links')).toMatchObject({ exitCode: 0 });
  const lines = (await berth.lines('r-links')).map((line) => `${line.stream} ${bytesOf(line).toString()}`);
  expect(lines.sort()).toEqual(['stderr end', 'stderr failed', 'stdout served']);
  await berth.run('r-sockets', 'echo refused >/dev/stdout', { streams: 'journal' });
  expect(await berth.wait('r-sockets')).toMatchObject({ exitCode: 1 });
});

it('logs every byte of every line once, with the fields that podman’s users know', async () => {
  const script = `printf 'plain\\n\\n  blanks  \\n\\000\\377\\n'; echo err >&2; head -c 100000 /dev/zero | tr '\\0' y; echo; printf tail`;
  const id = await berth.run('r-log', script, { streams: 'relay' });
  await berth.wait('r-log');
  const lines = await berth.lines('r-log');
  const out = lines.filter(({ stream }) => stream === 'stdout').map(bytesOf);
  expect(out.map((line) => line.toString('latin1'))).toEqual([
    'plain',
    '',
    '  blanks  ',
    '\0\xff',
    'y'.repeat(100_000),
    'tail',
  ]);
  expect(lines.filter(({ stream }) => stream === 'stderr').map((line) => bytesOf(line).toString())).toEqual(['err']);
  expect(lines.find((line) => bytesOf(line).toString() === 'tail')?.terminated).toBe(false);
  const { stdout } = await machine.sh(
    `journalctl -u berth-r-log.service -o json --all MESSAGE=plain + MESSAGE=err CONTAINER_ID_FULL=${id}`,
  );
  const entries = stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.find((entry) => entry['MESSAGE'] === 'plain')).toMatchObject({
    CONTAINER_ID_FULL: id,
    CONTAINER_ID: id.slice(0, 12),
    CONTAINER_NAME: 'r-log',
    IMAGE_NAME: 'plain',
    PRIORITY: '6',
    SYSLOG_IDENTIFIER: 'r-log',
  });
});

it('logs what containers say under another unit than berthd’s own, and loses nothing where that has ended', async () => {
  const id = await berth.run(
    'r-unit',
    'for n in 1 2 3; do while [ ! -e /go$n ]; do sleep 0.02; done; echo said $n >&2; done',
  );
  const say = async (number: number): Promise<void> => {
    await machine.sh(`for each in /var/lib/berth/containers/*/root; do touch $each/go${number}; done`);
    await expect.poll(async () => (await linesOf('r-unit')).length).toBe(number);
  };
  const units = async (): Promise<string[]> => {
    const fields = '_SYSTEMD_UNIT,MESSAGE';
    const argv = `journalctl -o json --output-fields=${fields} -u berth-r-unit.service BERTH_STREAM=stderr CONTAINER_ID_FULL=${id}`;
    const { stdout } = await machine.sh(`${argv} | jq -r '.MESSAGE + ": " + ._SYSTEMD_UNIT'`);
    return stdout.toString().trim().split('\n');
  };
  const streams = 'systemctl show -P MainPID berthd-streams.service';
  await say(1);
  // Stopped, it is still there when berthd hears of its end; then it is gone.
  await machine.sh(
    `pid=$(${streams}); systemctl stop berthd-streams.service; while kill -0 $pid 2>/dev/null; do :; done`,
  );
  await say(2);
  await machine.check(['systemctl', 'start', 'berthd-streams.service']);
  await say(3);
  expect(await units()).toEqual([
    'said 1: berthd-streams.service',
    'said 2: berthd.service',
    'said 3: berthd-streams.service',
  ]);
  const { stdout } = await machine.sh('journalctl -o cat -u berthd.service -p err');
  expect(
    stdout
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('said')),
  ).toEqual(['said 2']);
  await berth.wait('r-unit');
});

it('reads the lines back of entries that hold many, each by itself, and goes on within one', async () => {
  const count = 100_000;
  const id = await berth.run('r-bulk', `seq 1 ${count}`);
  await berth.wait('r-bulk');
  const lines = await berth.lines('r-bulk');
  const texts = lines.map((line) => bytesOf(line).toString());
  expect(texts).toEqual(Array.from({ length: count }, (_, index) => (index + 1).toString()));
  const entries = `journalctl CONTAINER_ID_FULL=${id} BERTH_STREAM=stdout`;
  expect(Number((await machine.sh(`${entries} -o json | wc -l`)).text())).toBeLessThan(count / 10);
  await machine.sh(`seq 1 ${count} >/run/said; ${entries} -o cat | cmp - /run/said; rm /run/said`);
  const within = lines.findLastIndex(({ cursor }) => cursor.endsWith(';n=7'));
  expect(within).toBeGreaterThan(0);
  const rest = (await berth.lines('r-bulk', { cursor: lines[within]?.cursor })).map((line) => bytesOf(line).toString());
  expect(rest).toEqual(texts.slice(within + 1));
}, 60_000);

it('shows nothing in a log that others wrote, even root', async () => {
  const id = await berth.run('r-forged', 'echo said');
  await berth.wait('r-forged');
  await machine.sh(
    `printf '%s\n' MESSAGE=forged CONTAINER_ID_FULL=${id} BERTH_STREAM=stdout BERTH_SEQUENCE=1 | logger --journald; journalctl --sync`,
  );
  expect((await machine.sh(`journalctl -o cat CONTAINER_ID_FULL=${id} MESSAGE=forged`)).text()).toBe('forged');
  expect((await linesOf('r-forged')).map((line) => line.toString())).toEqual(['said']);
});

it(
  `a container whose berthd is killed ${KILLS} times while it counts loses nothing, and nothing comes twice`,
  async () => {
    await berth.run(
      'r-kill',
      'i=0; trap "" PIPE; while [ ! -e /go ]; do echo "$i" || exit 9; i=$((i+1)); usleep 500; done; echo "last $i"',
      { streams: 'relay' },
    );
    for (let round = 0; round < KILLS; round++) {
      await machine.sh(`${kill}; systemctl start berthd.service`);
    }
    await reconnect();
    await machine.sh('for each in /var/lib/berth/containers/*/root; do touch $each/go; done');
    expect(await berth.wait('r-kill')).toMatchObject({ exitCode: 0 });
    const lines = (await linesOf('r-kill')).map((line) => line.toString());
    const count = Number(lines.at(-1)?.replace('last ', ''));
    const numbers = lines.slice(0, -1).map(Number);
    const lost = count - new Set(numbers).size;
    const repeated = numbers.length - new Set(numbers).size;
    process.stderr.write(`berth: ${KILLS} kills of berthd, ${count} lines: ${lost} lost, ${repeated} repeated\n`);
    expect(repeated).toBe(0);
    expect(lost).toBeLessThanOrEqual(Math.ceil(KILLS / 25));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  },
  LIMIT_MS,
);

it(
  `${RESTARTS} restarts of berthd lose nothing at all, and a program at a terminal goes on`,
  async () => {
    await berth.run(
      'r-restart',
      'i=0; while [ ! -e /go ]; do echo "$i"; i=$((i+1)); usleep 500; done; echo "last $i"',
      {
        streams: 'relay',
      },
    );
    await berth.run('r-tty', 'while read -r line; do echo "got $line"; done; exit 4', { terminal: true });
    for (let round = 0; round < RESTARTS; round++) await machine.check(['systemctl', 'restart', 'berthd.service']);
    await reconnect();
    const session = new Streams(await berth.containers.attach({ container: 'r-tty' }));
    session.type('hello\n');
    await session.until('got hello');
    session.type('\u0004');
    expect(await session.last).toEqual({ type: 'exit', exitCode: 4 });
    await machine.sh('for each in /var/lib/berth/containers/*/root; do touch $each/go; done');
    await berth.wait('r-restart');
    const lines = (await linesOf('r-restart')).map((line) => line.toString());
    const count = Number(lines.at(-1)?.replace('last ', ''));
    process.stderr.write(`berth: ${RESTARTS} restarts of berthd, ${count} lines\n`);
    expect(lines.slice(0, -1)).toEqual(Array.from({ length: count }, (_, index) => index.toString()));
  },
  LIMIT_MS,
);

it('input goes on after berthd was killed, and its end comes only when somebody says so', async () => {
  await berth.run('r-input', 'cat', { stdin: true });
  await machine.sh(kill);
  await reconnect();
  const session = new Streams(await berth.containers.attach({ container: 'r-input' }));
  session.type('after\n');
  await session.until('after\n');
  session.hangUp();
  const again = new Streams(await berth.containers.attach({ container: 'r-input' }));
  again.type('again\n');
  await again.until('again\n');
  again.endInput();
  expect(await again.last).toEqual({ type: 'exit', exitCode: 0 });
});

it('what a container says while berthd is dead, and how it ends, is there when berthd comes back', async () => {
  await berth.run('r-away', 'while [ ! -e /go ]; do sleep 0.02; done; echo "said alone"; printf unfinished; exit 8', {
    streams: 'relay',
  });
  await machine.sh(
    `${kill}; systemctl stop berthd.socket berthd.service; for each in /var/lib/berth/containers/*/root; do touch $each/go; done; while systemctl is-active -q berth-r-away.service; do :; done; systemctl start berthd.socket`,
  );
  await reconnect();
  expect(await berth.wait('r-away')).toMatchObject({ exitCode: 8 });
  expect((await linesOf('r-away')).map((line) => line.toString())).toEqual(['said alone', 'unfinished']);
}, 60_000);

it('nothing of what sessions say is lost to their callers when berthd is restarted under them', async () => {
  await berth.run('r-sessions', 'sleep 1000');
  const command = 'berth exec r-sessions sh -c "i=0; while [ \\$i -lt 30000 ]; do echo \\$i; i=\\$((i+1)); done"';
  const { stdout } = await machine.sh(
    `for n in 1 2 3 4 5 6; do (${command} >/tmp/said$n; echo "$? $(seq 0 29999 | cmp - /tmp/said$n && echo whole)") & done
    for n in 1 2 3 4 5 6; do while [ ! -s /tmp/said$n ]; do :; done; done; systemctl restart berthd.service; wait; rm /tmp/said?`,
  );
  expect(stdout.toString().trim().split('\n')).toEqual(Array.from({ length: 6 }, () => '0 whole'));
  await reconnect();
}, 120_000);

it('logs nothing of what is no log, says so, and hands it to its client whole', async () => {
  await berth.create('r-dump', 'head -c 10000000 /dev/zero; exit 3', { logDriver: 'none' });
  const session = new Streams(await berth.containers.startAndAttach({ container: 'r-dump' }));
  expect(await session.last).toEqual({ type: 'exit', exitCode: 3 });
  expect(session.bytes(1)).toHaveLength(10_000_000);
  await expect(berth.lines('r-dump')).rejects.toMatchObject({ error: 'io.berth.Container.NotLogged' });
  await expect(berth.containers.attach({ container: 'r-dump', logs: true, stream: false })).rejects.toMatchObject({
    error: 'io.berth.Container.NotLogged',
  });
  const { stdout } = await machine.sh(
    'journalctl --sync; journalctl -o cat -u berth-r-dump.service _TRANSPORT=journal BERTH_STREAM=stdout',
  );
  expect(stdout.toString()).toBe('');
});
