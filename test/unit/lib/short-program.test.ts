import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProgramTimedOut, runShortProgram } from '../../../src/lib/short-program.ts';

const ENV = ['PATH=/usr/bin:/bin', 'GREETING=hello'];
const MINUTE = { limitMs: 60_000 };
const sh = async (script: string) => await runShortProgram(['/bin/sh', '-c', script], ENV, MINUTE);
const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('runShortProgram', () => {
  it('answers how the program ended and what it said, and throws away what it printed', async () => {
    expect(await sh('echo out; echo "$GREETING" >&2; exit 3')).toEqual({ end: { code: 3 }, said: 'hello\n' });
  });

  it('answers which signal ended it', async () => {
    expect(await sh('kill -s KILL $$')).toMatchObject({ end: { signal: 'SIGKILL', dumpedCore: false } });
  });

  it('gives it no input, nothing of this process’s environment and no signal that is ignored', async () => {
    const { said } = await sh(
      'read -r line && echo "$line" >&2; env >&2; grep -E "^Sig(Blk|Ign)" /proc/self/status >&2',
    );
    expect(said).toContain('GREETING=hello');
    expect(said).not.toContain('HOME=');
    expect(said).toMatch(/SigBlk:\s*0+\nSigIgn:\s*0+\n/);
  });

  it('keeps the first 64 KiB of what it says, and waits for one that says more', async () => {
    const { said, end } = await sh(
      'i=0; while [ $i -lt 2000 ]; do echo "$i" >&2; i=$((i+1)); done; yes | head -c 300000 >&2',
    );
    expect(end).toEqual({ code: 0 });
    expect(said).toHaveLength(64 * 1024);
    expect(said.startsWith('0\n1\n2\n')).toBe(true);
  });

  it('says that there is no such program', async () => {
    await expect(runShortProgram(['/nonexistent'], ENV, MINUTE)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves no descriptor open', async () => {
    await sh('true');
    const before = descriptors();
    await runShortProgram(['/nonexistent'], ENV, MINUTE).catch(() => undefined);
    for (let count = 0; count < 20; count++) await sh('exit 1');
    expect(descriptors()).toBe(before);
  });

  it('kills one that does not end in its time, and says so', async () => {
    const forever = runShortProgram(['/bin/sh', '-c', 'exec sleep 1000'], ENV, { limitMs: 1 });
    await expect(forever).rejects.toThrow(ProgramTimedOut);
  });
});
