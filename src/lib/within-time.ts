/** Limits of time for what somebody else may never come to the end of. */

/**
 * Resolves as `work` does, if that is soon enough; what comes of it later is nobody's concern.
 * @param late called when the time is up; ends what can be ended, and says what to throw
 */
export async function withinTime<T>(work: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(late());
  }, limitMs);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
