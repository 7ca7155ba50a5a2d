/** What the daemon says about itself. Adapters and the library code throw instead; the edges log once. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** @param fields an `error` among them is logged with its stack and causes */
  error(message: string, fields?: LogFields): void;
}

/** Become journal fields: `containerName` is CONTAINER_NAME=, `error` is ERROR=. */
export type LogFields = Readonly<Record<string, unknown>>;
