/** The image store of this host: read from its files, written by skopeo. */
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedQueue } from '../../lib/keyed-queue.ts';
import { demandReachable, PathUnreachable } from '../../lib/reachable.ts';
import { AdditionalStores } from '../store/additional-stores.ts';
import { Copier } from './copier.ts';
import {
  ChangeFailed,
  InvalidReference,
  LoadFailed,
  PullFailed,
  RegistriesInvalid,
  SaveFailed,
  StorageCorrupt,
} from '../errors.ts';
import type { StoreFaultPoint } from '../fault-points.ts';
import { findImage } from '../store/find-image.ts';
import { ImageList } from '../store/image-list.ts';
import type {
  FoundImage,
  Image,
  ImageSource,
  ImageStore,
  OpenedSource,
  PullEvent,
  PullOptions,
  SavedImage,
  SourceImage,
} from '../images.ts';
import { FetchProgress } from './fetch-progress.ts';
import { copyEvents } from './progress.ts';
import { localName, parseReference, readReference, remoteName, type Reference } from '../store/reference.ts';
import { aliasOf, namesToPull, readShortNames } from '../store/short-names.ts';
import { writeAuthFile } from './auth-file.ts';
import { CommandFailed, pullFailure } from './skopeo.ts';
import { openSource, type SourceTools } from './open-source.ts';
import { writeArchive } from './archive.ts';
import { readConfig, readImageRecords } from '../store/metadata.ts';
import { isScratchId, newScratchId } from '../store/scratch-id.ts';

export interface SkopeoImageStoreOptions {
  /** `/var/lib/berth/storage` */
  readonly root: string;
  /** `/run/berth/storage`; gone with a reboot. */
  readonly runRoot: string;
  readonly skopeo?: readonly string[];
  /** Where stores lie that are only read; asked whenever images are looked for. */
  readonly additional?: () => readonly string[];
  /** Told of images that cannot be used. */
  readonly onDamage?: (damage: StorageCorrupt) => void;
  /** Told of each point as it is reached; for tests. */
  readonly reached?: ((point: StoreFaultPoint) => void) | undefined;
  /** To reach a store in another machine: argv to put before each command, and where its `/` is seen from here. */
  readonly elsewhere?: { readonly enter: readonly string[]; readonly seenAt: string };
}

/** Where registries.conf is. */
const REGISTRIES = '/etc/containers';

export class SkopeoImageStore implements ImageStore {
  readonly root: string;
  readonly #copier: Copier;
  readonly #list: ImageList;
  readonly #additional: AdditionalStores;
  readonly #changes = new KeyedQueue<'names'>();
  readonly #places: Pick<SourceTools, 'enter' | 'seen' | 'asThere'>;
  readonly #seen: (path: string) => string;
  readonly #reached: (point: StoreFaultPoint) => void;

  constructor(options: SkopeoImageStoreOptions) {
    const { root, runRoot, elsewhere, onDamage = () => undefined, skopeo = ['skopeo'], additional } = options;
    this.root = root;
    this.#reached = options.reached ?? (() => undefined);
    this.#seen = (path) => join(elsewhere?.seenAt ?? '/', path);
    this.#list = new ImageList({ root, seenAt: this.#seen(root), access: 'own', onDamage });
    this.#additional = new AdditionalStores({ roots: additional ?? (() => []), seen: this.#seen, onDamage });
    const temporary = `${root}-temporary`;
    this.#copier = new Copier({ root, runRoot, temporary, skopeo, enter: elsewhere?.enter ?? [], seen: this.#seen });
    const asThere = (path: string): string => this.#copier.asThere(path);
    this.#places = { enter: elsewhere?.enter ?? [], seen: this.#seen, asThere };
  }

  async list(signal?: AbortSignal): Promise<Image[]> {
    signal?.throwIfAborted();
    const own = await this.#list.read();
    return [...own, ...(await this.#additional.readBeside(own))];
  }

  async find(reference: string, signal?: AbortSignal): Promise<FoundImage | undefined> {
    const images = await this.list(signal);
    const found = findImage(images, reference);
    if (found !== undefined) return found;
    const parsed = readReference(reference);
    const alias = parsed?.domain === undefined ? await this.#aliasOf(parsed) : undefined;
    return alias === undefined ? undefined : findImage(images, alias);
  }

  async get(id: string, signal?: AbortSignal): Promise<Image | undefined> {
    return (await this.list(signal)).find((image) => image.id === id);
  }

  async #aliasOf(reference: Reference | undefined): Promise<string | undefined> {
    if (reference === undefined) return undefined;
    try {
      return aliasOf(reference, await readShortNames(this.#seen(REGISTRIES)));
    } catch (failure) {
      if (failure instanceof RegistriesInvalid) return undefined; // which a pull tells
      throw failure;
    }
  }

  async open(source: ImageSource, signal: AbortSignal): Promise<OpenedSource> {
    await using opening = new AsyncDisposableStack();
    const folder = opening.use(await this.#copier.folder());
    const config = async (address: string): Promise<Buffer> => await this.#copier.config(address, signal);
    const tools = { ...this.#places, folder: folder.path, config };
    const images = await this.#loading(source.path, async () => await openSource(source, tools, signal));
    const opened = opening.move();
    return { images, [Symbol.asyncDispose]: async () => await opened.disposeAsync() };
  }

  async load(
    { id, names, address, path }: SourceImage,
    { name }: { readonly name?: string },
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const given = name === undefined ? names : [localName(parseReference(name))];
    const [first = `@${id}`, ...others] = given;
    await this.#loading(path, async () => {
      await this.#copier.copy(address, this.#copier.address(first), {}, signal);
      this.#reached('store: image stored');
      for (const other of others) await this.#addName(id, other, signal);
    });
    return given;
  }

  async #loading<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (failure) {
      if (!(failure instanceof CommandFailed)) throw failure;
      throw new LoadFailed(path, failure.message, { cause: failure });
    }
  }

  async *pull(reference: string, options: PullOptions, signal: AbortSignal): AsyncGenerator<PullEvent, void> {
    let failed: PullFailed | undefined;
    for (const name of await this.#namesToPull(reference)) {
      yield { kind: 'resolving', reference: name };
      try {
        yield* copyEvents((report, stop) => this.#fetch(name, options, stop, report), signal);
      } catch (failure) {
        if (!(failure instanceof CommandFailed)) throw failure;
        const reason = pullFailure(failure.message);
        // That one registry does not have it says less than that another one could not be asked.
        if (failed === undefined || failed.reason === 'not-found')
          failed = new PullFailed(name, reason, failure.message, { cause: failure });
        continue;
      }
      this.#reached('store: image stored');
      const found = await this.find(name, signal);
      if (found === undefined) throw new StorageCorrupt(this.root, `${name} was pulled, and is not there`);
      yield { kind: 'done', image: found.image };
      return;
    }
    throw failed ?? new InvalidReference(reference);
  }

  async #namesToPull(text: string): Promise<readonly string[]> {
    const reference = parseReference(text);
    if (reference.domain !== undefined) return [remoteName(reference)];
    try {
      return namesToPull(reference, await readShortNames(this.#seen(REGISTRIES)));
    } catch (failure) {
      if (!(failure instanceof RegistriesInvalid)) throw failure;
      throw new PullFailed(text, 'other', failure.message, { cause: failure });
    }
  }

  async #fetch(
    name: string,
    options: PullOptions,
    signal: AbortSignal,
    report: (event: PullEvent) => void,
  ): Promise<void> {
    const { credentials, authFile, tlsVerification, platform, arriving } = options;
    const global: string[] = [];
    if (platform !== undefined) global.push(`--override-os=${platform.os}`, `--override-arch=${platform.architecture}`);
    if (platform?.variant !== undefined) global.push(`--override-variant=${platform.variant}`);
    await using folder = await this.#copier.folder();
    const copy: string[] = tlsVerification === 'skip' ? ['--src-tls-verify=false'] : [];
    let auth = authFile;
    if (credentials !== undefined) {
      auth = join(this.#copier.asThere(folder.path), 'auth.json');
      await writeAuthFile(join(folder.path, 'auth.json'), name, credentials);
    }
    if (auth !== undefined) copy.push(`--src-authfile=${auth}`);
    const source = `docker://${name}`;
    using progress = new FetchProgress((event) => {
      if (event.kind === 'blob' && event.what === 'config') arriving?.(event.digest.replace('sha256:', ''));
      report(event);
    });
    const asked = { global, copy, onLine: progress.line };
    const onFetched = options.report === 'bytes' ? progress.fetched : undefined;
    if (onFetched !== undefined) progress.expect(this.#copier.layerSizes(source, asked, signal));
    await this.#copier.copy(source, this.#copier.address(name), { ...asked, onFetched }, signal);
  }

  async delete(id: string, signal: AbortSignal): Promise<void> {
    await this.#changing(id, async () => {
      await this.#copier.delete(`@${id}`, signal);
      this.#reached('store: image deleted');
      await this.#removeScratch(signal);
    });
  }

  async untag(id: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#changing(id, async () => {
      await this.#moveToScratch(id, name, signal);
      this.#reached('store: name moved');
      await this.#removeScratch(signal);
    });
  }

  async tag(id: string, name: string, signal: AbortSignal): Promise<void> {
    const complete = localName(parseReference(name));
    await this.#changing(id, async () => {
      await this.#addName(id, complete, signal);
      this.#reached('store: name written');
    });
  }

  async save(
    images: readonly SavedImage[],
    { transport = 'oci-archive', path }: Omit<ImageSource, 'reference'>,
    signal: AbortSignal,
  ): Promise<void> {
    if (!path.startsWith('/')) throw new SaveFailed(path, 'its path is not absolute');
    const place = this.#seen(path);
    await demandReachable([place]).catch((failure: unknown) => {
      if (!(failure instanceof PathUnreachable)) throw failure;
      throw new SaveFailed(path, failure.message, { cause: failure });
    });
    if ((await lstat(place).catch(() => undefined)) !== undefined) throw new SaveFailed(path, 'it exists already');
    await using folder = await this.#copier.folder();
    const copy = async (image: Image, address: string, options: readonly string[]): Promise<void> => {
      await this.#copier.copy(this.#copier.addressOf(image), address, { copy: options }, signal);
    };
    const config = async ({ id, store }: Image): Promise<Buffer> => await readConfig(this.#seen(store), id);
    const tools = { ...this.#places, folder: folder.path, copy, config };
    try {
      await writeArchive(images, { transport, path }, tools, signal);
    } catch (failure) {
      await rm(place, { recursive: true, force: true });
      if (!(failure instanceof CommandFailed)) throw failure;
      throw new SaveFailed(path, failure.message, { cause: failure });
    }
  }

  /** One change of names at a time, so that none meets another one's scratch image. */
  async #changing(id: string, work: () => Promise<void>): Promise<void> {
    await this.#changes.run('names', async () => {
      try {
        await work();
      } catch (failure) {
        if (!(failure instanceof CommandFailed)) throw failure;
        throw new ChangeFailed(id, failure.message, { cause: failure });
      }
    });
  }

  /** Copies the image to where it is already: no layer moves, and the name comes to it, from another one if need be. */
  async #addName(id: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#copier.copy(this.#copier.address(`@${id}`), this.#copier.address(name), {}, signal);
  }

  /** A name goes with an image, so it is given to one that goes: the same image under another ID, which no layer is written for. */
  async #moveToScratch(id: string, name: string, signal: AbortSignal): Promise<void> {
    const scratch = this.#copier.address(`${name}@${newScratchId()}`);
    await this.#copier.copy(this.#copier.address(`@${id}`), scratch, {}, signal);
  }

  async #removeScratch(signal: AbortSignal): Promise<void> {
    const records = await readImageRecords(this.#seen(this.root));
    for (const { id } of records) if (isScratchId(id)) await this.#copier.delete(`@${id}`, signal);
  }
}
