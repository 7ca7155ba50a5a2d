import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startGated } from '../../../../src/systemd/process/gated-process.ts';

const nothing = openSync('/dev/null', 'r+');
const streams = { stdin: nothing, stdout: nothing, stderr: nothing };
const start = async (script: string, further: readonly number[] = []) =>
  await startGated(['/bin/sh', '-c', `read -r _ <&9 || exit 125; ${script}`], streams, further);

afterAll(() => {
  closeSync(nothing);
});

it.each([
  ['an exit code', 'exit 7', { code: 7 }],
  ['a signal that ends it', 'kill -TERM $$', { signal: 'SIGTERM', dumpedCore: false }],
  ['nothing but a PATH in its environment', '[ "$(env | grep -v ^PWD=)" = "PATH=$PATH" ]', { code: 0 }],
  ['no signal ignored', 'grep -q "SigIgn:.0*$" /proc/self/status', { code: 0 }],
  ['no signal blocked', 'grep -q "SigBlk:.0*$" /proc/self/status', { code: 0 }],
  ['a session of its own', '[ "$(cut -d " " -f 6 /proc/$$/stat)" = $$ ]', { code: 0 }],
])('has, once it is let through: %s', async (_, script, ended) => {
  using child = await start(script);
  child.open();
  expect(await child.ended).toEqual(ended);
});

/** What a process that is given these sees as its descriptors 3 to 9. */
async function seenBy(further: readonly number[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-gated-'));
  const file = join(folder, 'seen');
  try {
    using child = await start(`for fd in 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$fd || echo -; done >${file}`, further);
    child.open();
    await child.ended;
    return readFileSync(file, 'utf8').trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const GATE = expect.stringMatching(/^socket:/) as string;

it('has further descriptors from 3 on, up to its gate', async () => {
  expect(await seenBy([])).toEqual(['-', '-', '-', '-', '-', '-', GATE]);
  expect(await seenBy([nothing, nothing])).toEqual(['/dev/null', '/dev/null', '-', '-', '-', '-', GATE]);
});

it('has them right where they are numbered the other way round here, and leaves none behind', async () => {
  const own = [3, 4, 5, 6, 7, 8]; // whatever they are: Node has opened them before anything else was
  const links = own.map((fd) => readlinkSync(`/proc/self/fd/${fd.toString()}`));
  const before = readdirSync('/proc/self/fd').length;
  expect(await seenBy(own.toReversed())).toEqual([...links.toReversed(), GATE]);
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

it('ends without having run where the gate stays shut', async () => {
  let ended;
  {
    using child = await start('exit 7');
    ({ ended } = child);
  }
  expect(await ended).toEqual({ code: 125 });
});

it('says why a program cannot be started, and keeps no descriptor', async () => {
  const before = readdirSync('/proc/self/fd').length;
  await expect(startGated(['/no/such/program'], streams)).rejects.toMatchObject({
    code: 'ENOENT',
    syscall: 'posix_spawn',
  });
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});
