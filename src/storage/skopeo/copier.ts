/**
 * skopeo bound to one image store. Each run gets a temporary folder of its own, on the store's disk: skopeo, when it is
 * ended, leaves its downloads behind. What a berthd that died has left there goes as soon as there is a next one.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { FetchMeter } from './fetch-meter.ts';
import type { Image } from '../images.ts';
import { runCommand } from './skopeo.ts';

export interface CopierOptions {
  readonly root: string;
  readonly runRoot: string;
  /** A folder of the store's own, on the same disk. */
  readonly temporary: string;
  readonly skopeo: readonly string[];
  readonly enter: readonly string[];
  readonly seen: (path: string) => string;
}

export interface CopyOptions {
  /** Options of skopeo, and of its `copy`. */
  readonly global?: readonly string[];
  readonly copy?: readonly string[];
  readonly onLine?: (line: string) => void;
  /** Told how many bytes of layers were fetched. */
  readonly onFetched?: ((bytes: number) => void) | undefined;
}

/** `skopeo inspect`; skopeo before 1.10 has no sizes. */
const Inspected = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ LayersData: v.nullish(v.array(v.object({ Digest: v.string(), Size: v.number() }))) }),
);

const POLICY = '/etc/containers/policy.json';

export class Copier {
  readonly #options: CopierOptions;
  readonly #swept: Promise<void>;

  constructor(options: CopierOptions) {
    this.#options = options;
    this.#swept = rm(options.seen(options.temporary), { recursive: true, force: true });
    this.#swept.catch(() => undefined); // told to the caller that needs the folder
  }

  /** A name, or `@ID`, in the store. */
  address(name: string): string {
    const { root, runRoot } = this.#options;
    return `containers-storage:[overlay@${root}+${runRoot}]${name}`;
  }

  /** An image that is there, in whatever store. */
  addressOf({ id, store }: Pick<Image, 'id' | 'store'>): string {
    const { root, runRoot } = this.#options;
    const options = store === root ? '' : `:overlay.imagestore=${store}`;
    return `containers-storage:[overlay@${root}+${runRoot}${options}]@${id}`;
  }

  /** A folder of its own, which goes with what is returned. */
  async folder(): Promise<AsyncDisposable & { readonly path: string }> {
    const { temporary, seen } = this.#options;
    await this.#swept;
    await mkdir(seen(temporary), { recursive: true, mode: 0o700 });
    const path = await mkdtemp(join(seen(temporary), 'copy-'));
    return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
  }

  /** @throws CommandFailed; the signal's reason */
  async copy(source: string, destination: string, options: CopyOptions, signal: AbortSignal): Promise<void> {
    const { global = [], copy = [], onLine, onFetched } = options;
    await using folder = await this.folder();
    using _meter = onFetched && new FetchMeter(folder.path, onFetched);
    const argv = this.#command(
      ['--tmpdir', this.asThere(folder.path), ...global],
      ['copy', ...copy, source, destination],
    );
    await runCommand(argv, signal, onLine);
  }

  /** @throws CommandFailed; the signal's reason */
  async delete(name: string, signal: AbortSignal): Promise<void> {
    await runCommand(this.#command([], ['delete', this.address(name)]), signal);
  }

  /** An image's configuration, byte for byte. @throws CommandFailed; the signal's reason */
  async config(source: string, signal: AbortSignal): Promise<Buffer> {
    return await runCommand(this.#command([], ['inspect', '--raw', '--config', source]), signal);
  }

  /** The sizes of the layers of an image in a registry, by their digests. @throws CommandFailed; the signal's reason */
  async layerSizes(source: string, options: CopyOptions, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const { global = [], copy = [] } = options;
    const ofSource = copy.map((option) => option.replace(/^--src-/, '--'));
    const answer = await runCommand(this.#command(global, ['inspect', '--no-tags', ...ofSource, source]), signal);
    const { LayersData: layers } = v.parse(Inspected, answer.toString());
    return new Map((layers ?? []).map(({ Digest: digest, Size: size }) => [digest, size]));
  }

  /** Where skopeo finds a folder that this process made. */
  asThere(folder: string): string {
    const here = this.#options.seen('/');
    return here === '/' ? folder : join('/', folder.slice(here.length));
  }

  /** A host without a policy has no opinion on signatures; skopeo would refuse everything. */
  #command(global: readonly string[], rest: readonly string[]): string[] {
    const { enter, skopeo, seen } = this.#options;
    const policy = existsSync(seen(POLICY)) ? [] : ['--insecure-policy'];
    return [...enter, ...skopeo, ...policy, ...global, ...rest];
  }
}
