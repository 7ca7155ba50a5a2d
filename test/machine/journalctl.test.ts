/** How berth runs journalctl; needs no machine, only processes. */
import { describe, expect, it } from 'vitest';
import { JournalReadFailed, JournalUnavailable } from '../../src/journal/errors.ts';
import { journalctl } from '../../src/journal/journalctl.ts';

const never = new AbortController().signal;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe('journalctl', () => {
  const linesOf = async (script: string, signal = never): Promise<string[]> =>
    await collect(journalctl(['sh', '-c', script], signal));

  it('hands out lines as they were cut', async () => {
    expect(await linesOf('printf "a\\nb"; printf "c\\n\\nd\\n"')).toEqual(['a', 'bc', '', 'd']);
  });

  it('says what journalctl complained about', async () => {
    await expect(linesOf('echo a; echo "no such thing" >&2; exit 1')).rejects.toThrow(
      new JournalReadFailed('no such thing'),
    );
  });

  it('says that there is no journalctl', async () => {
    await expect(collect(journalctl(['/nonexistent'], never))).rejects.toThrow(JournalUnavailable);
  });

  it('ends when told to, without an error', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    for await (const line of journalctl(['sh', '-c', 'while echo y; do :; done'], stop.signal)) {
      lines.push(line);
      stop.abort();
    }
    expect(lines).toEqual(['y']);
  });

  it('has ended the process when the reader has stopped', async () => {
    let pid = 0;
    for await (const line of journalctl(['sh', '-c', 'echo $$; exec sleep 600'], never)) {
      pid = Number(line);
      break;
    }
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('leaves out a line that is too long to be one', async () => {
    expect(await linesOf('echo a; head -c 17000000 /dev/zero | tr "\\0" x; echo; echo b')).toEqual(['a', 'b']);
  });
});
