/** A clock that nobody sets: it begins with what the host's shows and goes on by what has passed, suspended time left out. */
export function steadyClock(now: () => Date, elapsedMs: () => number): () => Date {
  const begin = now().getTime() - elapsedMs();
  return () => new Date(begin + elapsedMs());
}
