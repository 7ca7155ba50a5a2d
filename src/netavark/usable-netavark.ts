/**
 * The netavark that units run, or why there is none. Its firewall driver has to be nftables; those that do not know it (before 1.10, such as
 * Debian 12's) do not say in `version` which one they have.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { NetavarkFailed } from './errors.ts';
import type { UsableNetavark } from './netavark.ts';
import { versionIn } from './netavark-output.ts';

const LIMIT_MS = 5000;

/** Asks each program once: it takes some milliseconds, and a program that is replaced has another time. */
export class NetavarkPrograms {
  readonly #find: () => string | undefined;
  #asked: { readonly key: string; readonly answer: UsableNetavark } | undefined;

  /** @param find the path of netavark; undefined where it is not installed */
  constructor(find: () => string | undefined) {
    this.#find = find;
  }

  usable(): UsableNetavark {
    const path = this.#find();
    const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path === undefined || stat === undefined) return { problem: 'netavark is not installed' };
    const key = `${path} ${stat.ino} ${stat.mtimeMs}`;
    if (this.#asked?.key !== key) this.#asked = { key, answer: ask(path) };
    return this.#asked.answer;
  }
}

function ask(path: string): UsableNetavark {
  const { stdout, error } = spawnSync(path, ['version'], { encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 65_536 });
  if (error !== undefined) return { problem: `netavark cannot be run: ${error.message}` };
  try {
    const { version, firewallDriver } = versionIn(stdout);
    return firewallDriver === ''
      ? { problem: `netavark ${version} does not know nftables; networks need 1.10 or newer` }
      : { path };
  } catch (failure) {
    if (!(failure instanceof NetavarkFailed)) throw failure;
    return { problem: `netavark cannot be used: ${failure.message}` };
  }
}
