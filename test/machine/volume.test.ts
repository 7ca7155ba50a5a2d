/** Much of everything, through whatever carries streams, unchanged. BERTH_VOLUME_MIB says how much goes through each. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { Streams } from './streams.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const MIB = Number(process.env['BERTH_VOLUME_MIB'] ?? 32);
const BYTES = MIB * 1024 * 1024;
/** Of a container's own streams every line goes to the journal, which takes 4 MiB of random bytes in a second. */
const LIMIT_MS = 60_000 + MIB * 1500;
const INPUT = '/var/tmp/volume';
const TERMINAL = '/run/raw-terminal.py';
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
let sum = '';

beforeAll(async () => {
  berth = await Berth.connect(machine);
  await writeFile(machine.path(TERMINAL), await readFile(join(import.meta.dirname, 'raw-terminal.py')));
  const script = `head -c ${BYTES.toString()} /dev/urandom >${INPUT}; sha256sum <${INPUT} | cut -d' ' -f1`;
  sum = (await machine.sh(script, { timeoutMs: LIMIT_MS })).text();
}, LIMIT_MS);
beforeEach(async () => {
  await berth.run('volume', FOREVER);
});
afterEach(async () => {
  await berth.removeAll();
  await expect.poll(async () => await leaks(machine)).toEqual([]);
});
afterAll(async () => {
  await machine.sh(`rm -f ${INPUT}`);
  await berth[Symbol.asyncDispose]();
});

/** What a shell says of a pipeline; how long it took is printed. */
const timed = async (what: string, script: string): Promise<string> => {
  const begun = performance.now();
  const { stdout } = await machine.check(['bash', '-euo', 'pipefail', '-c', script], { timeoutMs: LIMIT_MS });
  const seconds = (performance.now() - begun) / 1000;
  process.stderr.write(
    `volume: ${MIB.toString()} MiB through ${what}: ${seconds.toFixed(1)} s, ${(MIB / seconds).toFixed(1)} MiB/s\n`,
  );
  return stdout.toString();
};

describe(`${MIB.toString()} MiB of random bytes`, () => {
  it.each([
    ['berth exec -i', 'berth exec -i volume cat'],
    ['berth run -i', 'berth run --rm -i plain cat'],
  ])(
    'go in and out of cat by %s',
    async (what, command) => {
      expect(await timed(what, `${command} <${INPUT} | sha256sum`)).toBe(`${sum}  -\n`);
    },
    LIMIT_MS,
  );

  it.each([
    ['berth exec -it', `berth exec -it --detach-keys '' volume`],
    ['berth run -it', `berth run --rm -it --detach-keys '' plain`],
  ])(
    'go in and out of a terminal in raw mode by %s',
    async (what, command) => {
      const inside = `stty raw -echo; printf ready; head -c ${BYTES.toString()}`;
      const said = await timed(what, `python3 ${TERMINAL} ${INPUT} ${command} sh -c '${inside}'`);
      expect(said).toBe(`${BYTES.toString()} ${sum} 0\n`);
    },
    LIMIT_MS,
  );
});

it.each([
  ['berth exec', 'berth exec volume'],
  ['berth run -i', 'berth run --rm -i plain'],
])('10,000 lines on each stream, in turn, come in order and on the right one by %s', async (_, command) => {
  const script = 'i=0; while [ $i -lt 10000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done';
  const { stdout, stderr } = await machine.check(['sh', '-c', `${command} sh -c '${script}' </dev/null`]);
  const expected = (letter: string): string =>
    Array.from({ length: 10_000 }, (_, index) => `${letter}${index.toString()}\n`).join('');
  expect(stdout.toString() === expected('o')).toBe(true);
  expect(stderr.toString() === expected('e')).toBe(true);
});

it('a program at a terminal that reads nothing of what is typed stops only its own client', async () => {
  const script = 'stty raw -echo; printf ready; exec sleep 1000';
  const session = new Streams(
    await berth.containers.exec({
      container: 'volume',
      configuration: { command: ['sh', '-c', script], terminal: true },
    }),
  );
  await session.until('ready');
  session.type(Buffer.alloc(1024 * 1024, 'x'));
  const other = new Streams(
    await berth.containers.exec({ container: 'volume', configuration: { command: ['echo', 'still here'] } }),
  );
  expect(await other.last).toEqual({ type: 'exit', exitCode: 0 });
  expect(other.text()).toBe('still here\n');
  session.hangUp();
});
