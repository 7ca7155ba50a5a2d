import { setTimeout as delay } from 'node:timers/promises';
import { ContainerError } from '../errors.ts';

/**
 * Looks again and again, `intervalMs` apart, until the container has ended; then the iteration ends. The first look is refused as
 * one alone would be.
 */
export async function* repeatedly<T>(
  look: () => Promise<T>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<T> {
  yield await look();
  for (;;) {
    await delay(intervalMs, undefined, { signal });
    try {
      yield await look();
    } catch (error) {
      if (error instanceof ContainerError) return;
      throw error;
    }
  }
}
