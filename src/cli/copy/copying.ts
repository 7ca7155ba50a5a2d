/** Copies between this host, containers and the standard streams, by archives that are never whole anywhere. */
import { realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ContainerClient, isContainerError, type FileFacts } from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import type { Context } from '../command.ts';
import { archiveFrom, archiveTo, type Archive } from './container-archive.ts';
import { isContent, planFor, type Found, type Place } from './ends.ts';
import { packedOnHost, unpackOnHost } from './host-archive.ts';

/** What is copied, links followed. */
interface Source {
  readonly place: Place;
  readonly is: 'folder' | 'file';
}

export class Copying {
  readonly #context: Context;
  readonly #containers: ContainerClient;
  readonly #owners: 'kept' | 'new';

  /** @param owners `new`: files become the user's of the container, or of this process */
  constructor(context: Context, owners: 'kept' | 'new') {
    this.#context = context;
    this.#containers = new ContainerClient(context.berthd);
    this.#owners = owners;
  }

  /** @param mismatch whether a directory may go where something else is, and the other way round */
  async copy(from: Place, to: Place, mismatch: 'allowed' | 'refused'): Promise<void> {
    const source = await this.#source(from);
    const found = await this.#find(to);
    const { into, name } = planFor(from.path, source.is, to.path, found);
    if (found === 'folder' && name !== '.' && mismatch === 'refused') {
      const there = await this.#find({ ...to, path: join(into, name) });
      if (there !== undefined && there !== source.is)
        throw new UsageError(`'${join(into, name)}' is there, and is ${KINDS[there]}; --overwrite replaces it`);
    }
    await this.#unpack({ ...to, path: into }, await this.#packed(source, name));
  }

  /** Unpacks standard input. */
  async unpackInput(to: Place): Promise<void> {
    if ((await this.#find(to)) !== 'folder')
      throw new UsageError(`'${to.path}' is no directory; an archive is unpacked into one`);
    await this.#unpack(to, this.#context.input.open());
  }

  /** Packs to standard output. */
  async packToOutput(from: Place): Promise<void> {
    const { output } = this.#context;
    if (output.columns('stdout') !== undefined) throw new UsageError('an archive is not written to a terminal');
    const source = await this.#source(from);
    const name = isContent(from.path) ? '.' : basename(from.path);
    for await (const bytes of await this.#packed(source, name)) await output.write('stdout', bytes);
  }

  async #source(place: Place): Promise<Source> {
    if (place.kind === 'container') {
      const { container, path } = place;
      const { facts, linkText, linkTarget } = await this.#containers.stat({ container, path });
      if (linkText === undefined) return { place, is: kindOf(facts) };
      if (linkTarget === undefined) throw new UsageError(`'${path}' in container '${container}' is a link to nothing`);
      return { place: { ...place, path: linkTarget.path }, is: kindOf(linkTarget.facts) };
    }
    const found = await this.#find(place);
    if (found === undefined) throw new UsageError(`there is no '${place.path}' on this host`);
    return { place: { ...place, path: await realpath(this.#onHost(place.path)) }, is: found };
  }

  async #find(place: Place): Promise<Found> {
    if (place.kind === 'container') return await this.#findInContainer(place);
    try {
      return (await stat(this.#onHost(place.path))).isDirectory() ? 'folder' : 'file';
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT') return undefined;
      throw new UsageError(`'${place.path}' cannot be looked at: ${String(code ?? error)}`);
    }
  }

  async #findInContainer({ container, path }: Extract<Place, { kind: 'container' }>): Promise<Found> {
    try {
      const { facts, linkText, linkTarget } = await this.#containers.stat({ container, path });
      if (linkText === undefined) return kindOf(facts);
      return linkTarget === undefined ? undefined : kindOf(linkTarget.facts);
    } catch (error) {
      if (isContainerError(error, 'NoSuchPath')) return undefined;
      throw error;
    }
  }

  async #packed({ place, is }: Source, name: string): Promise<Archive> {
    if (place.kind === 'host') return packedOnHost(place.path, is, name, this.#context.environment);
    const { container, path } = place;
    const wanted = name === '.' ? { path: `${path}/.` } : { path, name };
    return archiveFrom((await this.#containers.copyFrom({ container, ...wanted })).stream);
  }

  async #unpack(place: Place, archive: Archive): Promise<void> {
    if (place.kind === 'host') {
      if ((await this.#find(place)) !== 'folder')
        throw new UsageError(`there is no directory '${place.path}' on this host`);
      const owners = this.#owners === 'kept' ? 'of-archive' : 'its-own';
      await unpackOnHost(this.#onHost(place.path), archive, owners, this.#context.environment);
      return;
    }
    const { container, path } = place;
    const chown = this.#owners === 'new' || undefined;
    await archiveTo((await this.#containers.copyTo({ container, path, chown })).stream, archive);
  }

  #onHost(path: string): string {
    return resolve(this.#context.folder, path);
  }
}

const KINDS = { folder: 'a directory', file: 'no directory' } as const;
const kindOf = ({ isDir }: FileFacts): 'folder' | 'file' => (isDir ? 'folder' : 'file');
