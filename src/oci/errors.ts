/** What an OCI runtime did not do. */

/**
 * Why a runtime refused. `executable-not-found` is a shell's 127, `not-executable` its 126; `permission-denied` is anything
 * else that the kernel did not permit, such as capabilities that the host does not have.
 */
export const RUNTIME_ERROR_KINDS = [
  'executable-not-found',
  'not-executable',
  'permission-denied',
  'bad-user',
  'bad-workdir',
  'workdir-not-found',
  'bad-rootfs',
  'mount-failed',
  'bad-spec',
  'no-such-container',
  'already-exists',
  'not-running',
  'cgroup',
  'checkpoint-failed',
  'runtime-missing',
  'timed-out',
  'other',
] as const;
export type RuntimeErrorKind = (typeof RUNTIME_ERROR_KINDS)[number];

/** A runtime said no; `message` is in its own words. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly kind: RuntimeErrorKind;
  constructor(kind: RuntimeErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
