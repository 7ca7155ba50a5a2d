/**
 * pino in front, the journal's native protocol behind: every entry keeps its fields, so that
 * `journalctl CONTAINER_NAME=web -u berthd` finds what the daemon did to one container.
 */
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { pino, type Level } from 'pino';
import Journald from 'systemd-journald';
import * as v from 'valibot';
import type { LogFields, Logger } from './logger.ts';

/** syslog(3) levels 0 to 7, and the pino level that lets exactly these through. */
const PINO_LEVELS: readonly Level[] = ['fatal', 'fatal', 'fatal', 'error', 'warn', 'warn', 'info', 'debug'];

/** The journal's own names of the levels that berth uses. */
export type Priority = 'debug' | 'info' | 'warning' | 'err';
const PRIORITIES: Readonly<Record<number, Priority>> = { 20: 'debug', 30: 'info', 40: 'warning', 50: 'err' };

export interface LevelledLogger extends Logger {
  /** The highest syslog level that is logged, 0 (emergency) to 7 (debug). */
  level: number;
}

/** Where entries go. */
export type Sink = (priority: Priority, message: string, fields: Readonly<Record<string, string>>) => void;

/** A logger in front of any sink; `journalLogger` is the one for production. */
export function loggerTo(sink: Sink): LevelledLogger {
  const lines = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const { level, msg, ...fields } = v.parse(Entry, JSON.parse(chunk.toString()));
      sink(PRIORITIES[level] ?? 'info', msg, fields);
      done();
    },
  });
  const logger = pino({ base: null, timestamp: false, level: 'info' }, lines);
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void => {
      logger[level](journalFields(fields), message);
    };
  let current = 6;
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    get level() {
      return current;
    },
    set level(level: number) {
      current = level;
      logger.level = PINO_LEVELS[level] ?? 'info';
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

const Entry = v.objectWithRest({ level: v.number(), msg: v.string() }, v.string());

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
