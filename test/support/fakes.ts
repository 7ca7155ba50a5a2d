import { chmod, rm, stat } from 'node:fs/promises';
import type { Trees } from '../../src/volume/ports.ts';
/** The rest of the host in memory: runtimes, images, the journal, mounts, and a log that can be read. */
import type { Relays } from '../../src/relay/relays.ts';
import type { Journal, JournalQuery, JournalStream, JournalStreamOptions, LogLine } from '../../src/journal/journal.ts';
import type { LogFields, Logger } from '../../src/log/logger.ts';
import type { Freezer } from '../../src/systemd/process/freezer.ts';
import type { Mounts } from '../../src/container/ports.ts';
import type { CreateArguments, OciRuntime, RuntimeName } from '../../src/oci/runtime.ts';
import { RuntimeError } from '../../src/oci/errors.ts';
import type { RuntimeFeatures, RuntimeState } from '../../src/oci/runtime.ts';
import type {
  FoundImage,
  Image,
  ImageConfig,
  ImageSource,
  ImageStore,
  OpenedSource,
  PullOptions,
  SavedImage,
  SourceImage,
} from '../../src/storage/images.ts';
import { findImage } from '../../src/storage/store/find-image.ts';
import { localName, parseReference } from '../../src/storage/store/reference.ts';

/** A runtime that knows what its unit has told it. */
export class FakeRuntime implements OciRuntime {
  readonly name: RuntimeName;
  readonly path: string;
  readonly root = '/run/berth/runtimes';
  readonly execTerminal = 'sent';
  readonly known = new Map<string, 'created' | 'running'>();
  readonly deleted: string[] = [];
  /** What the next start throws. */
  failure: Error | undefined;
  /** Told of each process that was started. */
  started: ((id: string) => void) | undefined;

  constructor(name: RuntimeName) {
    this.name = name;
    this.path = `/usr/bin/${name}`;
  }

  async lease(): Promise<undefined> {
    await Promise.resolve();
  }

  createArgv({ id, bundle, pidFile, logPath }: CreateArguments): string[] {
    return [this.path, '--log', logPath, 'create', '--bundle', bundle, '--pid-file', pidFile, id];
  }

  startArgv(id: string, { logPath = '' }: { readonly logPath?: string | undefined } = {}): string[] {
    return [this.path, '--log', logPath, 'start', id];
  }

  deleteArgv(id: string): string[] {
    return [this.path, 'delete', '--force', id];
  }

  execArgv(): string[] {
    return [];
  }

  async start(id: string): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    if (this.known.get(id) !== 'created') {
      throw new RuntimeError('other', `cannot start a container that is ${this.known.get(id) ?? 'not there'}`);
    }
    this.known.set(id, 'running');
    this.started?.(id);
  }

  async fateOfStart(id: string): Promise<'waits' | 'started'> {
    return await Promise.resolve(this.known.get(id) === 'created' ? 'waits' : 'started');
  }

  async state(id: string): Promise<RuntimeState | undefined> {
    const status = this.known.get(id);
    return await Promise.resolve(
      status === undefined ? undefined : { id, status, pid: 1, bundle: '/', createdAt: undefined },
    );
  }

  async delete(id: string): Promise<void> {
    await Promise.resolve();
    this.deleted.push(id);
    this.known.delete(id);
  }

  async features(): Promise<RuntimeFeatures> {
    return await Promise.resolve({
      version: '1.21',
      ociVersion: undefined,
      checkpoint: 'supported',
      manageCgroupsModes: [],
      cgroupManagers: ['cgroupfs'],
      mountOptions: [],
      namespaces: [],
      capabilities: [],
      seccompActions: [],
      annotations: {},
    });
  }
}

export const anImageConfig = (config: Partial<ImageConfig> = {}): ImageConfig => ({
  env: [],
  entrypoint: [],
  cmd: ['sh'],
  user: '',
  workingDir: '',
  stopSignal: undefined,
  labels: {},
  volumes: [],
  exposedPorts: [],
  ...config,
});

export const anImage = (image: Partial<Omit<Image, 'config'>> & { config?: Partial<ImageConfig> } = {}): Image => ({
  id: 'e'.repeat(64),
  names: ['localhost/busybox:latest'],
  digests: [],
  createdAt: undefined,
  sizeBytes: 1,
  architecture: 'amd64',
  os: 'linux',
  store: '/store',
  readOnly: false,
  layers: [{ id: 'a'.repeat(64), diff: '/store/overlay/a/diff', link: 'l/AAA' }],
  ...image,
  config: anImageConfig(image.config),
});

export class FakeImageStore implements ImageStore {
  readonly root = '/store';
  all: Image[];
  /** What the next load or pull brings. */
  arrives: readonly Image[] = [];
  readonly saved: (readonly SavedImage[])[] = [];
  /** Awaited inside of what it is called after, before anything is changed. */
  readonly during: Partial<Record<'find' | 'delete' | 'untag' | 'tag' | 'load' | 'pull', () => Promise<void>>> = {};

  constructor(all: Image[]) {
    this.all = all;
  }

  async list(): Promise<Image[]> {
    return await Promise.resolve(this.all);
  }

  async find(reference: string): Promise<FoundImage | undefined> {
    const found = findImage(this.all, reference);
    await this.during.find?.();
    return found;
  }

  async get(id: string): Promise<Image | undefined> {
    return await Promise.resolve(this.all.find((image) => image.id === id));
  }

  async open({ path }: ImageSource): Promise<OpenedSource> {
    const images = this.arrives.map((image) => ({ ...image, address: `oci:${path}`, path }));
    return await Promise.resolve({
      images,
      [Symbol.asyncDispose]: async () => {
        await Promise.resolve();
      },
    });
  }

  async load({ id }: SourceImage, { name }: { readonly name?: string }): Promise<readonly string[]> {
    const image = this.#arrive(id);
    await this.during.load?.();
    return this.#change(id, () => (name === undefined ? image.names : [name])).names;
  }

  async *pull(
    reference: string,
    { arriving }: PullOptions,
  ): AsyncGenerator<{ readonly kind: 'done'; readonly image: Image }> {
    const id = this.arrives[0]?.id ?? '';
    arriving?.(id);
    this.#arrive(id);
    await this.during.pull?.();
    yield { kind: 'done', image: this.#change(id, () => [reference]) };
  }

  async delete(id: string): Promise<void> {
    await this.during.delete?.();
    this.all = this.all.filter((image) => image.id !== id);
  }

  async untag(id: string, name: string): Promise<void> {
    await this.during.untag?.();
    this.#change(id, (names) => names.filter((each) => each !== name));
  }

  async tag(id: string, name: string): Promise<void> {
    const complete = localName(parseReference(name));
    await this.during.tag?.();
    for (const image of this.all) this.#change(image.id, (names) => names.filter((each) => each !== complete));
    this.#change(id, (names) => [...names, complete]);
  }

  async save(images: readonly SavedImage[]): Promise<void> {
    await Promise.resolve();
    this.saved.push(images);
  }

  /** Like the store's, an image is there before it has its name. */
  #arrive(id: string): Image {
    const arrives = this.arrives.find((image) => image.id === id);
    if (arrives === undefined) throw new Error(`nothing of the ID ${id} is to come`);
    this.all = [...this.all, { ...arrives, names: [] }];
    return arrives;
  }

  #change(id: string, change: (names: readonly string[]) => readonly string[]): Image {
    const image = this.all.find((each) => each.id === id);
    if (image === undefined) throw new Error(`no image ${id}`);
    const changed = { ...image, names: change(image.names) };
    this.all = this.all.map((each) => (each === image ? changed : each));
    return changed;
  }
}

/** Lines are what was written; who follows gets them as they come. */
export class FakeJournal implements Journal {
  readonly lines: LogLine[] = [];
  readonly queries: JournalQuery[] = [];
  /** Streams that were opened and are not closed yet. */
  readonly open = new Set<JournalStreamOptions>();
  syncs = 0;
  #fd = 100;
  #wake = Promise.withResolvers<void>();

  openStream(options: JournalStreamOptions): JournalStream {
    this.open.add(options);
    const close = (): void => {
      this.open.delete(options);
    };
    return { fd: ++this.#fd, close, [Symbol.dispose]: close };
  }

  /** The container writes a line. */
  write(text: string): void {
    const index = this.lines.length + 1;
    this.lines.push({
      cursor: `c${index}`,
      usec: index * 1000,
      stream: 'stdout',
      bytes: Buffer.from(text),
      terminated: true,
      pid: 1,
      bootId: 'b',
      fields: {},
    });
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  async *read(query: JournalQuery, signal: AbortSignal): AsyncGenerator<readonly LogLine[]> {
    if (query.after !== undefined && query.tail !== undefined) throw new RangeError('after and tail');
    this.queries.push(query);
    let next = query.after === undefined ? 0 : this.lines.findIndex(({ cursor }) => cursor === query.after) + 1;
    if (query.tail !== undefined) next = Math.max(0, this.lines.length - query.tail);
    const { cutOff } = query;
    for (;;) {
      for (let line = this.lines[next]; line !== undefined && !signal.aborted; line = this.lines[next]) {
        next++;
        yield [line];
      }
      if (query.end !== 'follow' || signal.aborted || cutOff?.aborted === true) return;
      await Promise.race([this.#wake.promise, aborted(signal), ...(cutOff === undefined ? [] : [aborted(cutOff)])]);
    }
  }

  async sync(signal: AbortSignal): Promise<void> {
    this.syncs++;
    await Promise.resolve();
    signal.throwIfAborted();
  }
}

const aborted = async (signal: AbortSignal): Promise<void> => {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
};

export class FakeMounts implements Mounts {
  readonly mounted = new Set<string>();
  failure: Error | undefined;

  async unmountAll(path: string): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    this.mounted.delete(path);
  }
}

/** Node's own, which belongs to whoever runs the tests. */
export const realTrees: Trees = {
  remove: async (path) => {
    await rm(path, { recursive: true, force: true });
  },
  own: async () => await Promise.resolve(),
  becomeLike: async (other, folder) => {
    await chmod(folder, (await stat(other)).mode & 0o7777);
  },
};

export interface Logged {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

export class FakeLog implements Logger {
  level = 6;
  readonly entries: Logged[] = [];

  debug(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'debug', message, fields });
  }
  info(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'info', message, fields });
  }
  warn(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'warn', message, fields });
  }
  error(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'error', message, fields });
  }
}

/** Nothing is relayed here. */
export class FakeRelays implements Pick<Relays, 'open' | 'find' | 'recover' | 'finish' | 'finished' | 'remove'> {
  async open(): Promise<never> {
    return await Promise.reject(new Error('nothing is relayed here'));
  }
  find(): undefined {
    return undefined;
  }
  async recover(): Promise<undefined> {
    return await Promise.resolve(undefined);
  }
  async finish(): Promise<'done'> {
    return await Promise.resolve('done');
  }
  async finished(): Promise<void> {
    await Promise.resolve();
  }
  async remove(): Promise<void> {
    await Promise.resolve();
  }
}

/** The groups in here stand still. */
export class FakeFreezer implements Freezer {
  readonly frozen = new Set<string>();
  /** What freezing fails with. */
  failure: Error | undefined;
  /** The processes of these were killed before. */
  readonly dead = new Set<string>();

  switchOf(group: string): string {
    return `${group}/cgroup.freeze`;
  }

  isFrozen(group: string): boolean {
    return this.frozen.has(group) && !this.dead.has(group);
  }

  async freeze(group: string): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    this.frozen.add(group);
  }

  async thaw(group: string): Promise<void> {
    await Promise.resolve();
    this.frozen.delete(group);
  }
}
