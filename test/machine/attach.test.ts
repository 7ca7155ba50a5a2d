import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { AttachInput, Configuration, StartAndAttachInput } from '../../src/api/io-berth-container.ts';
import { bytesOf, type Berth } from './berth.ts';
import { Streams } from './streams.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
// After what `useBerth` does: such hooks run in reverse order.
afterEach(async () => {
  await expect
    .poll(async () => (await berth.show('berthd.service', 'NFileDescriptorStore'))['NFileDescriptorStore'])
    .toBe('0');
});
useBerth(
  machine,
  (connected) => {
    berth = connected;
  },
  'none-soon',
);

/** More than waits for a client that does not read. */
const FLOOD_BYTES = 32 * 1024 * 1024;

const startAttached = async (
  name: string,
  script: string,
  configuration: Partial<Configuration>,
  input: Partial<StartAndAttachInput> = {},
) => {
  await berth.create(name, script, configuration);
  return new Streams(await berth.containers.startAndAttach({ container: name, ...input }));
};
const attach = async (container: string, input: Partial<AttachInput> = {}) =>
  new Streams(await berth.containers.attach({ container, ...input }));
const texts = async (container: string): Promise<string[]> =>
  (await berth.lines(container)).map((line) => bytesOf(line).toString());

describe('StartAndAttach', () => {
  it('has every byte from the first on, each on its stream, and how it ended', async () => {
    const session = await startAttached('a-first', 'echo first; echo err >&2; exit 5', { streams: 'relay' });
    expect(await session.last).toEqual({ type: 'exit', exitCode: 5 });
    expect([session.text(1), session.text(2)]).toEqual(['first\n', 'err\n']);
    expect((await texts('a-first')).sort()).toEqual(['err', 'first']);
  });

  it('says which signal ended it', async () => {
    const session = await startAttached('a-signal', 'echo up; exec sleep 1000', { streams: 'relay' });
    await session.until('up');
    await berth.containers.kill({ container: 'a-signal' });
    expect(await session.last).toEqual({ type: 'exit', exitCode: 137, signal: 'SIGKILL' });
  });

  it.each(['crun', 'runc'])('passes input on to its end, and output after that, with %s', async (runtime) => {
    const session = await startAttached('a-input', 'cat; echo end', { stdin: true, runtime });
    session.type('data\n');
    session.endInput();
    expect(await session.last).toEqual({ type: 'exit', exitCode: 0 });
    expect(session.text()).toBe('data\nend\n');
  });

  it('is refused as Start is, with nothing left', async () => {
    await berth.create('a-none', '', { command: ['nope'], streams: 'relay' });
    await expect(berth.containers.startAndAttach({ container: 'a-none' })).rejects.toMatchObject({
      error: 'io.berth.Container.CommandNotFound',
    });
    await berth.create('a-noin', 'true', { streams: 'relay' });
    await expect(berth.containers.startAndAttach({ container: 'a-noin', stdin: true })).rejects.toMatchObject({
      error: 'io.berth.Container.NoStandardInput',
      parameters: { container: 'a-noin', configuration: 'stdin' },
    });
  });

  it('follows the journal where the streams are sockets of that', async () => {
    const session = await startAttached('a-journal', 'echo out; echo err >&2; exit 3', { streams: 'journal' });
    expect(await session.last).toEqual({ type: 'exit', exitCode: 3 });
    expect([session.text(1), session.text(2)]).toEqual(['out\n', 'err\n']);
  });

  it('works after Init too', async () => {
    await berth.create('a-init', 'echo inited', { streams: 'relay' });
    await berth.containers.init({ container: 'a-init' });
    const session = new Streams(await berth.containers.startAndAttach({ container: 'a-init' }));
    expect(await session.last).toMatchObject({ exitCode: 0 });
    expect(session.text()).toBe('inited\n');
  });

  it.each(['crun', 'runc'])('gives a terminal, with its size, and the keys that leave it, with %s', async (runtime) => {
    const script =
      'tty; stty size; trap "stty size" WINCH; echo ready; while :; do if read -r line; then echo "got $line"; [ "$line" = quit ] && exit 6; fi; done';
    const session = await startAttached(
      'a-tty',
      script,
      { terminal: true, runtime },
      { size: { columns: 99, rows: 33 } },
    );
    await session.until('ready');
    expect(session.text()).toContain('/dev/pts/0\r\n33 99\r\n');
    await berth.containers.resize({ container: 'a-tty', size: { columns: 101, rows: 37 } });
    session.type('x\n');
    await session.until('37 101');
    session.type('\u0010');
    session.type('\u0011');
    expect(await session.last).toEqual({ type: 'detached' });
    expect((await berth.containers.inspect({ container: 'a-tty' })).runtime.state).toBe('running');
    const again = await attach('a-tty', { logs: true });
    again.type('more\n');
    await again.until('got more');
    expect(again.text()).toContain('37 101\r\n');
    again.type('quit\n');
    expect(await again.last).toEqual({ type: 'exit', exitCode: 6 });
  });

  it('is left by the keys of the container where the client names none, and so are its exec sessions', async () => {
    const configuration = { terminal: true, detachKeys: 'ctrl-a,d' };
    const session = await startAttached('a-keys', 'while read -r line; do echo "got $line"; done', configuration);
    expect((await berth.containers.inspect({ container: 'a-keys' })).configuration.detachKeys).toBe('ctrl-a,d');
    session.type('\u0010\u0011\u0001d');
    expect(await session.last).toEqual({ type: 'detached' });
    const other = await attach('a-keys', { detachKeys: 'x' });
    other.type('\u0001d\nx');
    expect(await other.last).toEqual({ type: 'detached' });
    const command = ['sh', '-c', 'read -r line'];
    const exec = new Streams(
      await berth.containers.exec({ container: 'a-keys', configuration: { command, terminal: true } }),
    );
    exec.type('\u0001d');
    expect(await exec.last).toEqual({ type: 'detached' });
  });

  it('carries 48 MiB through cat unchanged, while the journal takes them too', async () => {
    const session = await startAttached('a-cat', '', { command: ['cat'], stdin: true });
    const block = randomBytes(256 * 1024);
    const sent = createHash('sha256');
    for (let index = 0; index < 192; index++) {
      block.writeUInt32BE(index);
      sent.update(block);
      if (!session.type(block)) await new Promise((resolve) => session.stream.once('drain', resolve));
    }
    session.endInput();
    expect(await session.last).toEqual({ type: 'exit', exitCode: 0 });
    expect(session.bytes().length).toBe(192 * block.length);
    expect(createHash('sha256').update(session.bytes()).digest('hex')).toBe(sent.digest('hex'));
  }, 180_000);
});

describe('Attach', () => {
  it('sends to all clients what is said from the moment they joined, and the log before that if they like', async () => {
    const session = await startAttached(
      'b-many',
      'i=0; while read -r line; do i=$((i+1)); echo "$i $line"; printf part; done',
      { stdin: true },
    );
    session.type('one\n');
    await session.until('1 one\npart');
    const live = await attach('b-many', { stdin: false });
    const whole = await attach('b-many', { logs: true });
    await whole.until('1 one\npart');
    session.type('two\n');
    whole.type('three\n');
    await whole.until('three\npart');
    session.endInput();
    expect([await session.last, await live.last, await whole.last]).toEqual(
      Array.from({ length: 3 }, () => ({ type: 'exit', exitCode: 0 })),
    );
    expect(whole.text()).toBe(session.text());
    expect(session.text().endsWith(live.text())).toBe(true);
    expect(live.text()).toContain('2 t');
    expect(await texts('b-many')).toHaveLength(4);
  });

  it('has neither gap nor repeat where the log ends and the stream begins', async () => {
    await berth.run('b-seam', 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done', { streams: 'relay' });
    const sessions = await Promise.all([1, 2, 3].map(async () => await attach('b-seam', { logs: true })));
    const expected = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join('');
    for (const session of sessions) {
      expect(await session.last).toMatchObject({ type: 'exit', exitCode: 0 });
      expect(session.text() === expected).toBe(true);
    }
  });

  it('has neither in the middle of a line of any length, with its end still to come', async () => {
    // Each line that is typed is a letter, of which 40,000 are said without an end, or `end`.
    const script =
      'while read -r each; do if [ "$each" = end ]; then echo; else head -c 40000 /dev/zero | tr "\\0" "$each"; fi; done';
    const whole = await startAttached('b-long', script, { stdin: true });
    const sessions: Streams[] = [];
    let expected = '';
    for (const each of ['a', 'b', 'c', 'end', 'd', 'end', 'e', 'f']) {
      whole.type(`${each}\n`);
      expected += each === 'end' ? '\n' : each.repeat(40_000);
      await whole.until(expected.slice(-40_000));
      sessions.push(await attach('b-long', { logs: true, stdin: false }));
    }
    whole.endInput();
    for (const session of [whole, ...sessions]) {
      expect(await session.last).toMatchObject({ exitCode: 0 });
      expect(session.text() === expected).toBe(true);
    }
  });

  it('has neither under a stream of long lines', async () => {
    const script =
      'read -r go; i=0; while [ $i -lt 100 ]; do head -c 100000 /dev/zero | tr "\\0" x; echo "$i"; i=$((i+1)); done; printf end';
    const whole = await startAttached('b-wide', script, { stdin: true });
    whole.type('go\n');
    const sessions: Streams[] = [];
    for (const line of ['x0\n', 'x3\n', 'x7\n']) {
      await whole.until(line);
      sessions.push(await attach('b-wide', { logs: true, stdin: false, foreground: true }));
    }
    const expected = `${Array.from({ length: 100 }, (_, index) => `${'x'.repeat(100_000)}${index}\n`).join('')}end`;
    for (const session of [whole, ...sessions]) {
      expect(await session.last).toMatchObject({ exitCode: 0 });
      expect(session.text() === expected).toBe(true);
    }
  });

  it('follows the journal where the streams are sockets of that, and names what is to be made for input', async () => {
    const script = 'echo before; while [ ! -e /go ]; do sleep 0.05; done; echo after; exit 2';
    await berth.run('b-journal', script, { streams: 'journal' });
    const both = await attach('b-journal', { logs: true });
    await both.until('before\n');
    await machine.sh('for each in /var/lib/berth/containers/*/root; do touch $each/go; done');
    expect(await both.last).toEqual({ type: 'exit', exitCode: 2 });
    expect(both.text()).toBe('before\nafter\n');
    const old = await attach('b-journal', { logs: true, stream: false });
    expect(await old.last).toEqual({ type: 'detached' });
    expect(old.text()).toBe('before\nafter\n');
  });

  it.each([
    ['pipes', { stdin: true }, ''],
    ['a terminal', { terminal: true }, '\r'],
  ])('goes on with %s when systemd starts the container again', async (_name, configuration, end) => {
    const script =
      'if [ -e /first ]; then echo "second"; else touch /first; echo "first"; fi; read -r line; echo "got $line"; exit 3';
    const first = await startAttached('b-again', script, { ...configuration, restartPolicy: 'always' });
    await first.until('first');
    first.type('one\n');
    expect(await first.last).toEqual({ type: 'exit', exitCode: 3 });
    expect(first.text()).toContain('got one');
    await expect.poll(async () => await texts('b-again')).toContain(`second${end}`);
    const second = await attach('b-again', { logs: true });
    await second.until('second');
    second.type('two\n');
    expect(await second.last).toEqual({ type: 'exit', exitCode: 3 });
    expect(second.text()).toMatch(/first[^]*got one[^]*second[^]*got two/);
    await berth.containers.stop({ container: 'b-again', timeoutUSec: 0 });
    expect(await texts('b-again')).toContain(`got two${end}`);
  });

  it('keeps the streams of the journal apart when systemd starts the container again', async () => {
    await berth.run(
      'b-apart',
      '[ -e /second ] && exec sleep 1000; [ -e /first ] && touch /second; touch /first; echo out; echo err >&2; exit 1',
      {
        restartPolicy: 'on_failure',
      },
    );
    await expect
      .poll(async () =>
        (await berth.lines('b-apart')).map((line) => `${line.stream} ${bytesOf(line).toString()}`).sort(),
      )
      .toEqual(['stderr err', 'stderr err', 'stdout out', 'stdout out']);
  });

  it('refuses what makes no sense', async () => {
    await berth.run('b-no', 'sleep 1000');
    const refused = async (input: Partial<AttachInput>): Promise<unknown> =>
      await berth.containers.attach({ container: 'b-no', ...input }).catch((error: unknown) => error);
    expect(await refused({ stream: false })).toMatchObject({
      error: 'org.varlink.service.InvalidParameter',
      parameters: { parameter: 'stream' },
    });
    expect(await refused({ stdin: true })).toMatchObject({
      error: 'io.berth.Container.NoStandardInput',
      parameters: { configuration: 'stdin' },
    });
    expect(await refused({ detachKeys: 'ctrl-' })).toMatchObject({ parameters: { parameter: 'detachKeys' } });
    await expect(berth.containers.resize({ container: 'b-no', size: { columns: 1, rows: 1 } })).rejects.toMatchObject({
      error: 'io.berth.Container.NoTerminal',
    });
    await berth.containers.stop({ container: 'b-no', timeoutUSec: 0 });
    expect(await refused({})).toMatchObject({
      error: 'io.berth.Container.WrongState',
      parameters: { operation: 'attach' },
    });
    await expect(berth.create('b-contradiction', 'true', { terminal: true, streams: 'journal' })).rejects.toMatchObject(
      {
        parameters: { parameter: 'configuration.streams' },
      },
    );
  });

  it('drops a client that does not read, alone, and a foreground one makes the container wait', async () => {
    // It waits until both are there: what was said before it joined is nothing to a client.
    const script = `read -r go; head -c ${FLOOD_BYTES} /dev/zero | tr "\\0" x; echo; echo done; read -r go; echo end`;
    const foreground = await startAttached('b-stuck', script, { stdin: true });
    const stuck = await attach('b-stuck');
    stuck.stream.pause();
    foreground.type('go\n');
    await foreground.until('done\n');
    stuck.stream.resume();
    expect(await stuck.last).toMatchObject({ type: 'error', error: 'io.berth.Container.StreamOverrun' });
    expect(stuck.bytes().length).toBeLessThan(FLOOD_BYTES);
    foreground.type('go\n');
    expect(await foreground.last).toEqual({ type: 'exit', exitCode: 0 });
    expect(foreground.bytes().length).toBe(FLOOD_BYTES + '\ndone\nend\n'.length);
  }, 120_000);
});
