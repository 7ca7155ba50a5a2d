/**
 * Copying into and out of containers, whether they run or not. A container without a process is kept from being started, and from
 * everything else that is done to it, for as long as its root is mounted for a copy: two mounts would write to the same folder.
 */
import type { Transfer } from '../../archive/container-files.ts';
import { FilesRefused, TransferFailed } from '../../archive/errors.ts';
import type { FileStat, PackRequest, RootRequest, UnpackRequest } from '../../archive/request.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { FilesPorts } from './ports.ts';
import { rootRequestFor } from './root-request.ts';

/** Whose the files become that are copied into a container. */
export type Ownership = 'of-archive' | 'of-container';

/** A copy that goes on; `ended` rejects with ContainerError `CopyFailed`. */
export type Copy = Transfer;

export class Files {
  readonly #ports: FilesPorts;

  constructor(ports: FilesPorts) {
    this.#ports = ports;
  }

  /** @throws ContainerError `NoSuchContainer` | `WrongState` | `NoSuchPath` | `NotADirectory` | `CopyFailed` */
  async stat(reference: string, path: string, signal: AbortSignal): Promise<FileStat> {
    demandPath(path);
    return await this.#at(reference, async (container, root) => {
      const answer = await inWords(container, path, async () => await this.#ports.files.stat(root, path, signal));
      return { answer, over: Promise.resolve() };
    });
  }

  /**
   * Unpacks an archive into a folder that is there.
   * @throws ContainerError as `stat`, and `ReadOnlyPath` | `NoSuchUser`
   */
  async copyTo(reference: string, path: string, ownership: Ownership, signal: AbortSignal): Promise<Copy> {
    demandPath(path);
    const { bundles, folders } = this.#ports;
    return await this.#open(reference, path, signal, async (container): Promise<UnpackRequest> => {
      if (ownership === 'of-archive') return { kind: 'unpack', path };
      const { uid, gid } = await bundles.userOf(container, folders.of(container.id));
      return { kind: 'unpack', path, owner: { uid, gid } };
    });
  }

  /**
   * Packs a file, or a folder with all that is in it; of a path that ends in `/.`, what is in it.
   * @param name what the archive calls it
   * @throws ContainerError as `stat`
   */
  async copyFrom(reference: string, path: string, name: string | undefined, signal: AbortSignal): Promise<Copy> {
    demandPath(path);
    if (name !== undefined) demandName(name);
    return await this.#open(reference, path, signal, (): PackRequest => ({
      kind: 'pack',
      path,
      name,
      fileSystems: 'all',
    }));
  }

  /** Packs the root file system, without what is mounted in it. @throws ContainerError as `stat` */
  async export(reference: string, signal: AbortSignal): Promise<Copy> {
    return await this.#open(reference, '/', signal, (): PackRequest => ({
      kind: 'pack',
      path: '/',
      fileSystems: 'one',
    }));
  }

  async #open(
    reference: string,
    path: string,
    signal: AbortSignal,
    actionFor: (container: Container) => PackRequest | UnpackRequest | Promise<PackRequest | UnpackRequest>,
  ): Promise<Copy> {
    return await this.#at(reference, async (container, root) => {
      const action = await actionFor(container);
      const transfer = await inWords(container, path, async () => await this.#ports.files.open(root, action, signal));
      const ended = inWords(container, path, async () => {
        await transfer.ended;
      });
      ended.catch(() => undefined); // told to those who wait for it
      return { answer: { ...transfer, ended }, over: ended };
    });
  }

  /** Does something with a container's files, in its turn where it has no process. */
  async #at<T>(
    reference: string,
    act: (container: Container, root: RootRequest) => Promise<{ readonly answer: T; readonly over: Promise<void> }>,
  ): Promise<T> {
    const answered = Promise.withResolvers<T>();
    const turn = this.#ports.lane.turn(reference, async (container) => {
      const root = await rootRequestFor(this.#ports, container);
      const acted = async (): Promise<void> => {
        const { answer, over } = await act(container, root);
        answered.resolve(answer);
        await over;
      };
      // Once there is an answer, that tells how it goes on.
      const done = acted().catch(answered.reject);
      if (root.kind === 'residing') await done;
    });
    turn.catch(answered.reject);
    return await answered.promise;
  }
}

/** @throws ContainerError for what is not a fault of berth */
async function inWords<T>({ name: container }: Container, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TransferFailed)
      throw new ContainerError('CopyFailed', { container, path, reason: error.message }, { cause: error });
    if (!(error instanceof FilesRefused)) throw error;
    const { code, message: reason } = error;
    if (code === 'Failed' || code === 'Gone')
      throw new ContainerError('CopyFailed', { container, path, reason }, { cause: error });
    throw new ContainerError(code, { container, path }, { cause: error });
  }
}

/** Of <limits.h>, with the NUL. */
const PATH_MAX = 4096;
const NAME_MAX = 255;

function demandPath(path: string): void {
  if (path.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) < PATH_MAX) return;
  throw new ContainerError('InvalidParameter', { parameter: 'path' });
}

function demandName(name: string): void {
  const isName = name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
  if (isName && Buffer.byteLength(name) <= NAME_MAX) return;
  throw new ContainerError('InvalidParameter', { parameter: 'name' });
}
