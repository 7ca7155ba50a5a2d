import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output, OutputClosed, OutputFailed } from '../../../src/cli/output.ts';
import { aContainer, listing } from './fixtures.ts';
import { berth } from './world.ts';

const failingWith = (code: string): Writable =>
  new Writable({
    write(_chunk, _encoding, done) {
      done(Object.assign(new Error(`write ${code}`), { code }));
    },
  });
const outputTo = (stdout: Writable, stderr = new Writable()): Output =>
  new Output({ stdout: () => stdout, stderr: () => stderr, colours: () => false, columns: () => undefined });

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
    await expect(outputTo(new Writable(), failingWith('EPIPE')).complain('x')).resolves.toBeUndefined();
  });
});
