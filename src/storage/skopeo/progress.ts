/** What skopeo prints while it copies, as events. */
import { JoinedSignal } from '../../lib/joined-signal.ts';
import type { PullEvent } from '../images.ts';

/** A line of `skopeo copy` that is no terminal's (containers/image: copy/progress_bars.go, copy/single.go). */
export function copyEvent(line: string): PullEvent | undefined {
  const { what, digest, rest } =
    /^Copying (?<what>blob|config) (?:sha256:)?(?<digest>[0-9a-f]{64})(?<rest>.*)$/.exec(line)?.groups ?? {};
  if (digest !== undefined) {
    const kind = what === 'config' ? 'config' : rest?.includes('skipped') === true ? 'present' : 'layer';
    return { kind: 'blob', digest: `sha256:${digest}`, what: kind };
  }
  return line.startsWith('Writing manifest') ? { kind: 'storing' } : undefined;
}

/**
 * Runs a copy and hands out what it reports; of how much is there only the latest. A reader that stops ends the copy; the generator ends when it has ended.
 * @throws what `copy` throws
 */
export async function* copyEvents(
  copy: (report: (event: PullEvent) => void, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<PullEvent, void> {
  const abandoned = new AbortController();
  using stop = new JoinedSignal(signal, abandoned.signal);
  const waiting: PullEvent[] = []; // as many as an image has layers
  let changed = Promise.withResolvers<void>();
  let state: 'running' | 'ended' = 'running';
  const copied = copy((event) => {
    if (event.kind === 'fetched' && waiting.at(-1)?.kind === 'fetched') waiting.pop();
    waiting.push(event);
    changed.resolve();
  }, stop.signal).finally(() => {
    state = 'ended';
    changed.resolve();
  });
  copied.catch(() => undefined); // awaited below, when everything it reported has been handed out
  const isRunning = (): boolean => state === 'running';
  try {
    do {
      await changed.promise;
      changed = Promise.withResolvers();
      yield* waiting.splice(0);
    } while (isRunning());
    await copied;
  } finally {
    abandoned.abort();
    await copied.catch(() => undefined);
  }
}
