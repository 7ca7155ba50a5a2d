/**
 * The folders of the volumes: `NAME/_data` is what containers see, `NAME/volume.json` the record of it. Nothing is there under its
 * name before it is whole: what is only being made, or being removed, has a name that begins with a dot.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { isVolumeError, VolumeError } from './errors.ts';
import { isVolumeName, type Volume } from './volume.ts';
import { recordOf, volumeOf } from './volume-record.ts';

const RECORD = 'volume.json';
/** Made for a container that is not written down yet. */
const STAGED = '.new-';
/** Only to be deleted. */
const GONE = '.gone-';

export class VolumeFolders {
  readonly #folder: string;

  /** @param folder is made when it is first needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What containers see. */
  dataOf(name: string): string {
    return join(this.#folder, name, '_data');
  }

  /** Content that is being copied; worth nothing. */
  copyOf(name: string): string {
    return join(this.#folder, name, 'copy');
  }

  /** Content that is whole, and has to get to where containers see it. */
  contentOf(name: string): string {
    return join(this.#folder, name, 'content');
  }

  /** undefined where there is no such volume. @throws VolumeError `InvalidVolume` */
  read(name: string): Volume | undefined {
    if (!isVolumeName(name) || !existsSync(join(this.#folder, name))) return undefined;
    return this.#read(name);
  }

  /** Those that can be read, and what is wrong with the others; in the order of their names. */
  readAll(): { readonly volumes: Volume[]; readonly wrong: VolumeError[] } {
    const volumes: Volume[] = [];
    const wrong: VolumeError[] = [];
    for (const name of this.#entries().filter(isVolumeName).sort()) {
      try {
        const volume = this.read(name);
        if (volume !== undefined) volumes.push(volume);
      } catch (error) {
        if (!isVolumeError(error)) throw error;
        wrong.push(error);
      }
    }
    return { volumes, wrong };
  }

  /** Makes it whole, but not yet under its name. */
  stage(volume: Volume): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, STAGED + volume.name);
    mkdirSync(path, { mode: 0o700 });
    mkdirSync(join(path, '_data'), { mode: 0o755 });
    writeWhole(join(path, RECORD), recordOf(volume));
  }

  /** From here on it is there. @throws Error where one of that name is there already, and is left alone */
  publish(name: string): void {
    renameSync(join(this.#folder, STAGED + name), join(this.#folder, name));
  }

  /** Names of those that were staged, and not published. */
  staged(): string[] {
    return this.#entries()
      .filter((entry) => entry.startsWith(STAGED))
      .map((entry) => entry.slice(STAGED.length));
  }

  /** Writes the record again, after a change. */
  describe(volume: Volume): void {
    const path = join(this.#folder, volume.name, RECORD);
    writeWhole(`${path}.new`, recordOf(volume));
    renameSync(`${path}.new`, path);
  }

  /** From here on it is gone. @returns what is left to delete */
  setAside(name: string): string {
    return this.#setAside(name);
  }

  /** @returns what is left to delete; undefined where nothing was staged */
  setStagedAside(name: string): string | undefined {
    return existsSync(join(this.#folder, STAGED + name)) ? this.#setAside(STAGED + name) : undefined;
  }

  /** Deletes what was set aside where nothing is in it, which takes no program. @returns whether it is gone */
  isDeletedEmpty(path: string): boolean {
    try {
      rmdirSync(join(path, '_data'));
      rmSync(join(path, RECORD), { force: true });
      rmdirSync(path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && NOT_THAT_EMPTY.includes(String(error.code))) return false;
      throw error;
    }
  }

  /** What earlier removals have left to delete. */
  leftovers(): string[] {
    return this.#entries()
      .filter((entry) => entry.startsWith(GONE))
      .map((entry) => join(this.#folder, entry));
  }

  #setAside(entry: string): string {
    const aside = join(this.#folder, GONE + randomBytes(16).toString('hex'));
    renameSync(join(this.#folder, entry), aside);
    return aside;
  }

  #read(name: string): Volume {
    try {
      const volume = volumeOf(readFileSync(join(this.#folder, name, RECORD), 'utf8'));
      if (volume.name !== name) throw new Error(`it says that it is of ${volume.name}`);
      return volume;
    } catch (error) {
      const reason = `${RECORD}: ${error instanceof Error ? error.message : String(error)}`;
      throw new VolumeError('InvalidVolume', { volume: name, reason }, { cause: error });
    }
  }

  #entries(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }
}

/** Something is in it, or its data are not even there. */
const NOT_THAT_EMPTY = ['ENOTEMPTY', 'ENOENT', 'ENOTDIR'];

/** On the disk before it is called what it is. */
function writeWhole(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
