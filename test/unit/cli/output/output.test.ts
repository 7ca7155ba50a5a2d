import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output, OutputClosed, OutputFailed } from '../../../../src/cli/output/output.ts';
import { aContainer, listing } from '../fixtures.ts';
import { berth } from '../world.ts';

const failingWith = (code: string): Writable =>
  new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(`write ${code}`), { code }));
    },
  });
const outputTo = (
  stdout: Writable,
  {
    stderr = new Writable(),
    now = () => 0,
  }: { stderr?: Writable; now?: (stream: string, bytes: Uint8Array) => number } = {},
): Output =>
  new Output({ stdout: () => stdout, stderr: () => stderr, now, colours: () => false, columns: () => undefined });
const intoText = (text: string[]): Writable =>
  new Writable({
    write(chunk, _encoding, done) {
      text.push(String(chunk));
      done();
    },
  });

describe('output', () => {
  it('is with the system at once, and what it does not take waits for it', async () => {
    const [now, later]: [string[], string[]] = [[], []];
    const output = outputTo(intoText(later), {
      now: (_, bytes) => {
        now.push(Buffer.from(bytes.subarray(0, 6)).toString());
        return Math.min(bytes.length, 6);
      },
    });
    await output.line('early');
    await output.line('too long');
    await output.line('x');
    expect(now).toEqual(['early\n', 'too lo']);
    expect(later).toEqual(['ng\n', 'x\n']);
  });

  it('waits for the system where there is much of it', async () => {
    const later: string[] = [];
    const output = outputTo(intoText(later), { now: (_, bytes) => bytes.length });
    const much = 'x'.repeat(20_000);
    await output.line('little');
    await output.line(much);
    await output.line('little');
    expect(later).toEqual([`${much}\n`, 'little\n']);
  });

  it('fails at once as it does later', async () => {
    const failing = (code: string): Output =>
      outputTo(new Writable(), {
        now: () => {
          throw Object.assign(new Error(`write ${code}`), { code });
        },
      });
    await expect(failing('EPIPE').line('x')).rejects.toThrow(OutputClosed);
    await expect(failing('ENOSPC').line('x')).rejects.toThrow(OutputFailed);
  });
});

describe('output that nobody reads any more', () => {
  it('is told apart from output that cannot be kept', async () => {
    await expect(outputTo(failingWith('EPIPE')).line('x')).rejects.toThrow(OutputClosed);
    await expect(outputTo(failingWith('ENOSPC')).line('x')).rejects.toThrow(OutputFailed);
  });

  it('ends a command quietly, as SIGPIPE would', async () => {
    const containers = { List: listing([aContainer()]) };
    expect(await berth(['ps'], { containers, stdout: failingWith('EPIPE') })).toMatchObject({ code: 141, stderr: '' });
    const ran = await berth(['ps'], { containers, stdout: failingWith('ENOSPC') });
    expect(ran).toMatchObject({ code: 125, stderr: 'berth: the output cannot be written: write ENOSPC\n' });
  });

  it('ends a command that does the same for several names quietly', async () => {
    const containers = { Start: async () => await Promise.resolve({}) };
    const ran = await berth(['start', 'a', 'b'], { containers, stdout: failingWith('EPIPE') });
    expect(ran).toMatchObject({ code: 141, stderr: '' });
  });

  it('does not keep a complaint from being made', async () => {
    await expect(outputTo(new Writable(), { stderr: failingWith('EPIPE') }).complain('x')).resolves.toBeUndefined();
  });
});
