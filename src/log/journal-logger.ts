/**
 * The journal's native protocol: every entry keeps its fields, so that `journalctl CONTAINER_NAME=web -u berthd` finds what the
 * daemon did to one container. journald has the time, the process and the unit by itself, so no logging package stands in
 * between; each of those would write JSON here to be taken apart again.
 */
import { inspect } from 'node:util';
import Journald from 'systemd-journald';
import type { LogFields, Logger } from './logger.ts';

/** The syslog(3) levels that berth uses, by the journal's own names. */
const LEVELS = { err: 3, warning: 4, info: 6, debug: 7 } as const;
export type Priority = keyof typeof LEVELS;

export interface LevelledLogger extends Logger {
  /** The highest syslog level that is logged, 0 (emergency) to 7 (debug). */
  level: number;
}

/** Where entries go. */
export type Sink = (priority: Priority, message: string, fields: Readonly<Record<string, string>>) => void;

/** A logger in front of any sink; `journalLogger` is the one for production. */
export function loggerTo(sink: Sink): LevelledLogger {
  let current: number = LEVELS.info;
  const at =
    (priority: Priority) =>
    (message: string, fields: LogFields = {}): void => {
      if (LEVELS[priority] <= current) sink(priority, message, journalFields(fields));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warning'),
    error: at('err'),
    get level() {
      return current;
    },
    set level(level: number) {
      current = level;
    },
  };
}

/** Logs to the journal of this host under `identifier`. */
export function journalLogger(identifier: string): LevelledLogger {
  const journal = new Journald({ SYSLOG_IDENTIFIER: identifier });
  return loggerTo((priority, message, fields) => {
    journal[priority](message, fields);
  });
}

/** Every value as the text the journal keeps: errors with stack and causes, anything structured as JSON. */
function journalFields(fields: LogFields): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    result[name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()] = textOf(value);
  }
  return result;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) {
    const cause = value.cause === undefined ? '' : `\ncaused by ${textOf(value.cause)}`;
    return `${value.stack ?? value.message}${cause}`;
  }
  try {
    const withoutBigInt = (_: string, each: unknown): unknown => (typeof each === 'bigint' ? String(each) : each);
    return JSON.stringify(value, withoutBigInt) ?? inspect(value);
  } catch {
    return inspect(value); // a circle, or a toJSON that throws
  }
}
