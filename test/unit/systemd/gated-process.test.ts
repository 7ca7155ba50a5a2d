import { closeSync, openSync, readdirSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { startGated } from '../../../src/systemd/gated-process.ts';

const nothing = openSync('/dev/null', 'r+');
const streams = { stdin: nothing, stdout: nothing, stderr: nothing };
const start = async (script: string) =>
  await startGated(['/bin/sh', '-c', `read -r _ <&3 || exit 125; ${script}`], streams);

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
