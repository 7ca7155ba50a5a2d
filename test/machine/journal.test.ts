/** The journal adapter against a real journald: streams inherited by processes in the machine, lines read back. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalQuery, LogLine } from '../../src/journal/journal.ts';
import { JournalUnavailable } from '../../src/journal/errors.ts';
import { openJournalStream } from '../../src/journal/stream.ts';
import { SystemdJournal } from '../../src/journal/systemd-journal.ts';
import { Machine } from './machine.ts';

const TREE = join(import.meta.dirname, '../..');
const WRITER = [process.execPath, join(import.meta.dirname, 'journal-writer.ts')];
const never = new AbortController().signal;

async function collect(batches: AsyncIterable<readonly LogLine[]>): Promise<LogLine[]> {
  const collected: LogLine[] = [];
  for await (const lines of batches) collected.push(...lines);
  return collected;
}
const atOf = (line: LogLine | undefined): Date => new Date(Math.floor((line?.usec ?? NaN) / 1000));
let machine: Machine;
let journal: SystemdJournal;

beforeAll(async () => {
  machine = await Machine.boot({ show: { [TREE]: TREE } });
  journal = new SystemdJournal({
    journalctl: ['nsenter', '-t', String(machine.leader), '-a', '-r', '-w', '--', 'journalctl'],
  });
  await machine.sh('mkdir -p /run/systemd/journald.conf.d');
  await machine.sh('printf "[Journal]\\nRateLimitIntervalSec=0\\n" >/run/systemd/journald.conf.d/90-test.conf');
  await machine.sh('systemctl restart systemd-journald');
});
afterAll(async () => {
  await machine[Symbol.asyncDispose]();
});

/** Runs a script in the machine whose stdout and stderr are journal streams that the adapter opened. */
async function logged(name: string, script: string, ...args: string[]): Promise<void> {
  await machine.check([...WRITER, name, script, ...args]);
}

const of = (name: string, more: Partial<JournalQuery> = {}): JournalQuery => ({
  matches: { SYSLOG_IDENTIFIER: name },
  ...more,
});

async function linesOf(query: JournalQuery): Promise<LogLine[]> {
  await journal.sync(never);
  return await collect(journal.read(query, never));
}

const textsOf = async (query: JournalQuery): Promise<string[]> =>
  (await linesOf(query)).map((line) => line.bytes.toString());

describe('a journal stream', () => {
  it('delivers 20,000 lines at full speed, all of them, in order', async () => {
    await logged('fast', 'seq 1 20000');
    expect(await textsOf(of('fast'))).toEqual(Array.from({ length: 20_000 }, (_, index) => String(index + 1)));
  });

  it('makes a fast writer wait, and does not fail it', async () => {
    const script = 'busybox yes "$1" | head -c 20200000; echo $? >&2';
    await logged('big', script, 'x'.repeat(100)); // more than any socket buffer holds
    const lines = await linesOf(of('big'));
    expect(lines.filter((line) => line.stream === 'stderr').map((line) => line.bytes.toString())).toEqual(['0']);
    expect(lines.filter((line) => line.stream === 'stdout' && line.bytes.length === 100).length).toBe(200_000);
  });

  it('tells stdout from stderr', async () => {
    await logged('both', 'echo out; echo err >&2; echo "<3>not a level"');
    const lines = await linesOf(of('both'));
    expect(lines.filter((line) => line.stream === 'stderr').map((line) => line.bytes.toString())).toEqual(['err']);
    expect(lines.filter((line) => line.stream === 'stdout').map((line) => line.bytes.toString())).toEqual([
      'out',
      '<3>not a level',
    ]);
  });

  it('attributes lines to the unit although the process is gone at once', async () => {
    for (let run = 0; run < 5; run += 1) await logged('brief', 'echo gone');
    await journal.sync(never);
    const lines = await collect(journal.read({ matches: { _SYSTEMD_UNIT: 'brief.service' } }, never));
    expect(lines.length).toBe(5);
  });

  it('puts long lines together again', async () => {
    await logged(
      'long',
      '{ head -c 102400 /dev/zero | tr "\\0" x; echo; echo next; head -c 100000 /dev/zero | tr "\\0" y; } | cat',
    );
    const lines = await linesOf(of('long'));
    expect(lines.map((line) => [line.bytes.length, line.terminated])).toEqual([
      [102_400, true],
      [4, true],
      [100_000, false],
    ]);
  });

  it('keeps every byte of a line but white space at its end', async () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x0a);
    const escaped = [...bytes, 0x21].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    await logged('bytes', 'printf "$1\\n"; printf "a\\0b\\n"; printf "  indented \\t\\r\\n\\n\\nend"', `x${escaped}`);
    const lines = await linesOf(of('bytes'));
    expect(lines.map((line) => line.bytes)).toEqual([
      Buffer.from([0x78, ...bytes, 0x21]),
      Buffer.from('a\0b'),
      Buffer.from('  indented'), // journald takes the white space and the empty lines after it away
      Buffer.from('end'),
    ]);
    expect(lines.at(-1)?.terminated).toBe(false);
  });

  it('says that there is no journald', () => {
    const options = { identifier: 'a', unit: 'b', priority: 6 };
    expect(() => openJournalStream(options, '/nonexistent')).toThrow(JournalUnavailable);
  });
});

describe('reading', () => {
  it('goes on after a cursor without a gap and nothing twice', async () => {
    await logged('seam', 'seq 1 100');
    const first = (await linesOf(of('seam'))).slice(0, 40);
    expect(first.at(-1)?.bytes.toString()).toBe('40');
    const rest = await textsOf(of('seam', { after: first.at(-1)?.cursor }));
    expect(rest).toEqual(Array.from({ length: 60 }, (_, index) => String(index + 41)));
  });

  it('goes on after a cursor that lies within a long line of the other stream', async () => {
    const script = `{ head -c 60000 /dev/zero | tr '\\0' x; sleep 0.1; echo middle >&2; sleep 0.1; echo end; } | cat`;
    await logged('mixed', script);
    const [middle, long] = await linesOf(of('mixed'));
    expect([middle?.bytes.toString(), long?.bytes.length]).toEqual(['middle', 60_003]);
    expect((await linesOf(of('mixed', { after: middle?.cursor }))).map((line) => line.bytes.length)).toEqual([60_003]);
    expect((await linesOf(of('mixed', { tail: 1 }))).map((line) => line.bytes.length)).toEqual([60_003]);
    expect((await linesOf(of('mixed', { tail: 2 }))).length).toBe(2);
  });

  it('gives the last lines, however many entries they are', async () => {
    await logged('tail', '{ seq 1 10; head -c 150000 /dev/zero | tr "\\0" x; echo; } | cat');
    expect((await linesOf(of('tail', { tail: 2 }))).map((line) => line.bytes.length)).toEqual([2, 150_000]);
    expect(await linesOf(of('tail', { tail: 0 }))).toEqual([]);
    expect((await linesOf(of('tail', { tail: 1000 }))).length).toBe(11);
  });

  it('gives lines of a time', async () => {
    await logged('time', 'echo a; sleep 0.02; echo b; sleep 0.02; echo c');
    const [a, b, c] = await linesOf(of('time'));
    expect(await textsOf(of('time', { since: atOf(b), until: atOf(c) }))).toEqual(['b']);
    expect(await textsOf(of('time', { since: atOf(c), after: a?.cursor }))).toEqual(['c']);
    expect(await textsOf(of('time', { since: atOf(b), tail: 5 }))).toEqual(['b', 'c']);
  });

  it.each([{}, { tail: 3000 }, { until: new Date('2100-01-01') }])(
    'ends where the journal ended at the moment of the call, however much is written meanwhile (%j)',
    async (more) => {
      const name = `busy-${Object.keys(more).join()}`;
      await logged(name, 'seq 1 3000'); // more than waits in a pipe
      await journal.sync(never);
      let read = 0;
      for await (const { length } of journal.read(of(name, more), never)) {
        read += length;
        if (read > length) continue;
        await logged(name, 'seq 3001 6000');
        await journal.sync(never);
      }
      expect(read).toBe(3000);
    },
  );

  it('gives lines of one of several kinds', async () => {
    await logged('kinds', 'echo out; echo err >&2');
    expect(await textsOf(of('kinds', { oneOf: [{ PRIORITY: '3' }, { PRIORITY: '4' }] }))).toEqual(['err']);
    expect(await textsOf(of('kinds', { oneOf: [] }))).toEqual([]);
  });

  it('gives lines of a boot, and fields', async () => {
    await logged('boot', 'echo a');
    const [line] = await linesOf(of('boot', { fields: ['SYSLOG_IDENTIFIER', '_UID'] }));
    expect(line?.fields).toEqual({ SYSLOG_IDENTIFIER: 'boot', _UID: '0' });
    expect((await linesOf(of('boot', { boot: line?.bootId }))).length).toBe(1);
    expect(await linesOf(of('boot', { boot: '0'.repeat(32) }))).toEqual([]);
  });

  it('gives nothing where there is nothing', async () => {
    expect(await linesOf(of('nonesuch'))).toEqual([]);
    expect(await linesOf(of('nonesuch', { tail: 3 }))).toEqual([]);
  });

  it('follows: what is there, then what comes', async () => {
    await logged('follow', 'seq 1 5');
    await journal.sync(never);
    const stop = new AbortController();
    const texts: string[] = [];
    let more: Promise<void> | undefined;
    for await (const lines of journal.read(of('follow', { end: 'follow', tail: 2 }), stop.signal)) {
      texts.push(...lines.map(({ bytes }) => bytes.toString()));
      if (texts.length === 2) more = logged('follow', 'seq 6 8');
      if (texts.length === 5) stop.abort();
    }
    await more;
    expect(texts).toEqual(['4', '5', '6', '7', '8']);
  });

  it('is cut off in good order: everything written before still comes', async () => {
    const cut = new AbortController();
    const reading = collect(journal.read(of('cut', { end: 'follow', cutOff: cut.signal }), never));
    await logged('cut', 'seq 1 20000');
    cut.abort();
    expect((await reading).map((line) => line.bytes.toString())).toEqual(
      Array.from({ length: 20_000 }, (_, index) => String(index + 1)),
    );
  });

  it('is cut off at once when that has happened already', async () => {
    await logged('late', 'seq 1 3');
    const query = of('late', { end: 'follow', cutOff: AbortSignal.abort() });
    expect((await collect(journal.read(query, never))).length).toBe(3);
  });
});

describe('the barrier', () => {
  it('holds until everything written is readable', async () => {
    for (let run = 1; run <= 8; run += 1) {
      await logged('barrier', 'seq 1 100');
      expect((await linesOf(of('barrier'))).length).toBe(run * 100);
    }
  });

  it('says that there is no journald, and gives up when told to', async () => {
    const nowhere = new SystemdJournal({ journalctl: ['/nonexistent'] });
    await expect(nowhere.sync(never)).rejects.toThrow(JournalUnavailable);
    await expect(journal.sync(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
