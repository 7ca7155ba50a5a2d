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
  const outputOf = async (script: string, signal = never): Promise<string> =>
    Buffer.concat(await collect(journalctl(['sh', '-c', script], signal))).toString();

  it('hands out what is printed', async () => {
    expect(await outputOf('printf "a\\nb"; sleep 0.1; printf "c\\n\\nd\\n"')).toBe('a\nbc\n\nd\n');
  });

  it('says what journalctl complained about', async () => {
    await expect(outputOf('echo a; echo "no such thing" >&2; exit 1')).rejects.toThrow(
      new JournalReadFailed('no such thing'),
    );
  });

  it('says that there is no journalctl', async () => {
    await expect(collect(journalctl(['/nonexistent'], never))).rejects.toThrow(JournalUnavailable);
  });

  it('ends when told to, without an error', async () => {
    const stop = new AbortController();
    let chunks = 0;
    for await (const _ of journalctl(['sh', '-c', 'while echo y; do :; done'], stop.signal)) {
      chunks++;
      stop.abort();
    }
    expect(chunks).toBe(1);
  });

  it('has ended the process when the reader has stopped', async () => {
    let pid = 0;
    for await (const chunk of journalctl(['sh', '-c', 'echo $$; exec sleep 600'], never)) {
      pid = Number(chunk.toString());
      break;
    }
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
