/** `network`, the program that gives containers their networks: berthd runs it, and units do by themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runShortProgram } from '../lib/short-program.ts';
import { messageIn } from './netavark-output.ts';

/** A hundred others may be before it. */
const LIMIT_MS = 120_000;

export type NetworkVerb = 'up' | 'down' | 'reload' | 'connect' | 'disconnect';

/** A container, as the program knows it. */
export interface NetworkPlace {
  /** The container's folder. */
  readonly path: string;
  readonly pidFile: string;
}

export class NetworkProgram {
  readonly #helper: string;

  /** @param helper its path */
  constructor(helper: string) {
    this.#helper = helper;
  }

  /** @param document of `connect` and `disconnect`. @returns whether it could */
  async run(verb: NetworkVerb, { path, pidFile }: NetworkPlace, document?: string): Promise<'done' | 'failed'> {
    const argv = ['/bin/sh', this.#helper, verb, path, pidFile, ...(document === undefined ? [] : [document])];
    const { end } = await runShortProgram(argv, [], { limitMs: LIMIT_MS });
    return 'code' in end && end.code === 0 ? 'done' : 'failed';
  }

  /** What netavark said of a set-up that failed; undefined where none did. */
  failureOf({ path }: NetworkPlace): string | undefined {
    const inside = (name: string): string => contentOf(join(path, 'network', name)) ?? '';
    const document = inside('failed').trim();
    if (document === '') return undefined;
    return (
      messageIn(inside(`${document}.answer`), inside(`${document}.said`)) ?? 'netavark was ended before it was done'
    );
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
