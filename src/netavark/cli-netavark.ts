import { execa } from 'execa';
import { NetavarkFailed } from './errors.ts';
import type { Netavark, NetavarkVersion } from './netavark.ts';
import { messageIn, versionIn } from './netavark-output.ts';

export class CliNetavark implements Netavark {
  readonly path: string;
  readonly #aardvark: string | undefined;

  /** @param aardvark the path of aardvark-dns; undefined where it is not installed */
  constructor(path: string, aardvark: string | undefined) {
    this.path = path;
    this.#aardvark = aardvark;
  }

  async version(signal: AbortSignal): Promise<NetavarkVersion> {
    return versionIn(await run(this.path, ['version'], signal));
  }

  async aardvarkVersion(signal: AbortSignal): Promise<string | undefined> {
    if (this.#aardvark === undefined) return undefined;
    const said = await run(this.#aardvark, ['version'], signal);
    return said.trim().startsWith('{') ? versionIn(said).version : said.trim().replace(/^aardvark-dns\s+/u, '');
  }
}

async function run(path: string, args: readonly string[], cancelSignal: AbortSignal): Promise<string> {
  const { stdout, stderr, failed, shortMessage } = await execa(path, args, {
    reject: false,
    stdin: 'ignore',
    cancelSignal,
    maxBuffer: 1024 * 1024,
  });
  cancelSignal.throwIfAborted();
  if (failed) throw new NetavarkFailed(messageIn(stdout, stderr) ?? shortMessage ?? 'it failed');
  return stdout;
}
