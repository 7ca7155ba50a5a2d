import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { LogLine } from '../../src/api/io-berth-container.ts';
import { Berth, bytesOf } from './berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;

beforeAll(async () => {
  berth = await Berth.connect(machine);
});
afterEach(async () => {
  await berth.removeAll();
});
afterAll(async () => {
  await berth[Symbol.asyncDispose]();
});

const LINES = 20_000;

it('20,000 lines at full speed are all there, in order, each on its stream', async () => {
  const script = `i=0; while [ $i -lt ${LINES.toString()} ]; do
    echo "out $i"; [ $((i % 2)) = 0 ] && echo "err $i" >&2; i=$((i + 1)); done`;
  await berth.run('l-many', script);
  await berth.wait('l-many');
  const lines = await berth.lines('l-many');
  const of = (stream: string): (string | undefined)[] =>
    lines.filter((line) => line.stream === stream).map(({ message }) => message);
  expect(of('stdout')).toEqual(Array.from({ length: LINES }, (_, index) => `out ${index.toString()}`));
  expect(of('stderr')).toEqual(Array.from({ length: LINES / 2 }, (_, index) => `err ${(2 * index).toString()}`));
});

it('a program that writes faster than anybody reads loses nothing', async () => {
  await berth.run('l-fast', `seq 1 ${(5 * LINES).toString()}`, { streams: 'journal' });
  await berth.wait('l-fast');
  await machine.check(['journalctl', '--sync']);
  const { stdout } = await machine.check([
    'journalctl',
    '--output=cat',
    '-u',
    'berth-l-fast.service',
    '_TRANSPORT=stdout',
  ]);
  const numbers = stdout.toString().trim().split('\n');
  expect(numbers).toHaveLength(5 * LINES);
  expect(numbers).toEqual(Array.from({ length: 5 * LINES }, (_, index) => (index + 1).toString()));
});

it('lines of processes that are gone at once belong to the unit', async () => {
  await berth.run('l-gone', 'i=0; while [ $i -lt 300 ]; do /bin/echo "$i"; i=$((i + 1)); done', { streams: 'journal' });
  await berth.wait('l-gone');
  expect((await berth.lines('l-gone')).map(({ message }) => message)).toEqual(
    Array.from({ length: 300 }, (_, index) => index.toString()),
  );
  const { stdout } = await machine.check([
    'journalctl',
    '-o',
    'cat',
    '-u',
    'berth-l-gone.service',
    '_TRANSPORT=stdout',
  ]);
  expect(stdout.toString().trim().split('\n')).toHaveLength(300);
});

it('a line of any length and of any bytes comes back as it was written', async () => {
  const script = String.raw`awk 'BEGIN { while (i++ < 200000) printf "x"; print "" }'; printf 'a\000b\377\n'; printf 'ünïcode\n'; printf '  spaces\n'; printf 'no end'`;
  await berth.run('l-bytes', script);
  await berth.wait('l-bytes');
  const lines = await berth.lines('l-bytes');
  expect(lines.map((line) => bytesOf(line).toString('latin1'))).toEqual([
    'x'.repeat(200_000),
    'a\0b\xff',
    Buffer.from('ünïcode').toString('latin1'),
    '  spaces',
    'no end',
  ]);
  expect(lines.map(({ terminated }) => terminated)).toEqual([true, true, true, true, false]);
});

it('following begins with what was said and ends with the container', async () => {
  await berth.run('l-follow', 'echo first; sleep 0.5; echo second; sleep 0.5; seq 1 2000');
  const lines = await berth.lines('l-follow', { follow: true });
  const expected = ['first', 'second', ...Array.from({ length: 2000 }, (_, index) => (index + 1).toString())];
  expect(lines.map(({ message }) => message)).toEqual(expected);
});

it('tail, cursor and time choose lines', async () => {
  await berth.run('l-choose', 'seq 1 10');
  await berth.wait('l-choose');
  const messages = (lines: { message?: string | undefined }[]) => lines.map(({ message }) => message);
  expect(messages(await berth.lines('l-choose', { tail: 3 }))).toEqual(['8', '9', '10']);
  const all = await berth.lines('l-choose');
  expect(messages(await berth.lines('l-choose', { cursor: all[6]?.cursor }))).toEqual(['8', '9', '10']);
});

it.each(['relay', 'journal'] as const)(
  'a long log of a container with %s streams comes whole, in few replies',
  async (streams) => {
    const name = `l-long-${streams}`;
    await berth.run(name, `seq 1 ${LINES.toString()}; printf 'a\\377b\\nend'; echo err >&2`, { streams });
    await berth.wait(name);
    const replies: (readonly LogLine[])[] = [];
    for await (const { lines = [] } of berth.containers.logs({ container: name, together: true })) replies.push(lines);
    const text = (stream: string): string =>
      Buffer.concat(
        replies
          .flat()
          .filter((line) => line.stream === stream)
          .flatMap((line) => [bytesOf(line), Buffer.from(line.terminated ? '\n' : '')]),
      ).toString('latin1');
    const numbers = Array.from({ length: LINES }, (_, index) => `${(index + 1).toString()}\n`).join('');
    expect(text('stdout')).toBe(`${numbers}a\xffb\nend`);
    expect(text('stderr')).toBe('err\n');
    expect(replies.length).toBeLessThan(LINES / 20);
    const ran = await machine.check(['berth', 'logs', name]);
    expect(ran.stdout.toString('latin1')).toBe(text('stdout'));
    expect(ran.stderr.toString()).toBe('err\n');
    // What comes together has the place of its last line.
    const half = replies[Math.floor(replies.length / 2)]?.at(-1);
    const before = replies.slice(0, Math.floor(replies.length / 2) + 1).flat();
    const after = await berth.lines(name, { cursor: half?.cursor, together: true });
    expect(
      [...before, ...after]
        .map((line) => bytesOf(line).toString('latin1'))
        .join('\n')
        .split('\n').length,
    ).toBe(
      replies
        .flat()
        .map((line) => bytesOf(line).toString('latin1'))
        .join('\n')
        .split('\n').length,
    );
  },
);
