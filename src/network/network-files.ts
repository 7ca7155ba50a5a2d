/**
 * The networks of this host: one file each. They are read whenever they are needed, so that what somebody has written, copied
 * or deleted there counts from then on.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNetworkError, NetworkError } from './errors.ts';
import { isNetworkName, type Network } from './network.ts';
import { networkText, parseNetwork } from './network-file.ts';

const SUFFIX = '.json';
/** A network is a few hundred bytes; this is no place for more. */
const MAX_BYTES = 1024 * 1024;

export class NetworkFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  pathOf(name: string): string {
    return join(this.#folder, `${name}${SUFFIX}`);
  }

  /** undefined where there is no such file. @throws NetworkError `InvalidNetwork` */
  read(name: string): Network | undefined {
    if (!isNetworkName(name)) return undefined;
    const path = this.pathOf(name);
    const content = contentOf(path);
    if (content === undefined) return undefined;
    if (content.length > MAX_BYTES)
      throw new NetworkError('InvalidNetwork', { file: path, member: '', reason: 'it is too long' });
    return parseNetwork(content.toString('utf8'), path, name);
  }

  /** Those that can be read, and what is wrong with the others; in the order of their names. */
  readAll(): { readonly networks: Network[]; readonly wrong: NetworkError[] } {
    const networks: Network[] = [];
    const wrong: NetworkError[] = [];
    for (const name of this.#names()) {
      try {
        const network = this.read(name);
        if (network !== undefined) networks.push(network);
      } catch (error) {
        if (!isNetworkError(error)) throw error;
        wrong.push(error);
      }
    }
    return { networks, wrong };
  }

  /** Whole, or not at all. */
  write(network: Network): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o755 });
    const path = this.pathOf(network.name);
    writeFileSync(`${path}.new`, networkText(network), { mode: 0o644 });
    renameSync(`${path}.new`, path);
  }

  remove(name: string): void {
    rmSync(this.pathOf(name), { force: true });
  }

  /** Other files may lie there too. */
  #names(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((file) => file.endsWith(SUFFIX))
        .map((file) => file.slice(0, -SUFFIX.length))
        .filter(isNetworkName)
        .sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
