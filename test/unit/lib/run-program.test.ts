import { describe, expect, it } from 'vitest';
import { ProgramFailed, runProgram } from '../../../src/lib/run-program.ts';

const sh = (script: string): string[] => ['sh', '-c', script];

describe('runProgram', () => {
  it('answers what was printed, byte for byte', async () => {
    expect(await runProgram(sh('printf "a\\n\\n\\377"'))).toEqual(Buffer.from([0x61, 0x0a, 0x0a, 0xff]));
  });

  it('gives the program an environment of its own, and no input', async () => {
    const options = { environment: { ONLY: 'this' } };
    expect(
      (await runProgram(['/bin/sh', '-c', 'cat; /usr/bin/env | /bin/grep -c ONLY=this'], options)).toString(),
    ).toBe('1\n');
  });

  it('hands out lines while it runs', async () => {
    const lines: string[] = [];
    await runProgram(sh('echo one; echo two'), { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['one', 'two']);
  });

  it.each<[string, string[], Partial<ProgramFailed>]>([
    ['ends with another code', sh('echo why >&2; exit 3'), { message: 'sh exited with 3', stderr: 'why\n' }],
    ['is killed', sh('kill -9 $$'), { message: 'sh was ended by SIGKILL' }],
    ['is not there', ['/nowhere/x'], { message: '/nowhere/x cannot be run: ENOENT', errno: 'ENOENT' }],
    ['is no program', ['/'], { message: '/ cannot be run: EACCES', errno: 'EACCES' }],
    ['prints without end', sh('cat /dev/zero'), { message: 'sh printed too much' }],
  ])('fails when the program %s', async (_, argv, expected) => {
    const failure = await runProgram(argv).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProgramFailed);
    expect(failure).toMatchObject(expected);
  });

  it('ends the program when nobody wants it any more, and says so only once it has ended', async () => {
    const aborting = new AbortController();
    const reason = new Error('enough');
    let stopped = false;
    const running = runProgram(sh('trap "echo stopped; exit 0" TERM; echo up; while :; do sleep 0.01; done'), {
      signal: aborting.signal,
      onLine: (line) => {
        if (line === 'up') aborting.abort(reason);
        if (line === 'stopped') stopped = true;
      },
    });
    await expect(running).rejects.toBe(reason);
    expect(stopped).toBe(true);
  });

  it('starts nothing that nobody wants', async () => {
    await expect(runProgram(['/nowhere/x'], { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow(
      'never',
    );
  });
});
