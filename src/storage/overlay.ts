/**
 * The mount that makes a root file system of layers, as commands for a unit. They run in the
 * folder of the layers, so that layers go by their short links, and with `LIBMOUNT_FORCE_MOUNT2=always` in the environment:
 * the kernel's new mount interface takes no more than 255 bytes in an option, which is eight layers, and util-linux 2.39
 * and later use it unless told otherwise (measured with 2.41; 2.38 does not have it). mount(2) takes a page: 128 layers.
 */
import { join } from 'node:path';
import type { ImageLayer } from './images.ts';

export interface OverlayMount {
  /** The root of the store that the layers are in. */
  readonly store: string;
  /** Topmost first. */
  readonly layers: readonly Pick<ImageLayer, 'link'>[];
  /** What the container writes, and overlayfs's work folder beside it: both on one file system. */
  readonly upper: string;
  readonly work: string;
  /** An empty folder. */
  readonly target: string;
}

/** The smallest page there is, with the NUL at the end of the options. */
const MAX_OPTION_BYTES = 4095;

/** The command that makes the mount, and where it runs. */
export interface MountCommand {
  readonly argv: readonly string[];
  readonly directory: string;
}

/** @throws RangeError when there are more layers than the kernel takes in one mount */
export function overlayMount({ store, layers, upper, work, target }: OverlayMount): MountCommand {
  // Overlayfs wants a layer below the writable one; an image without any has the empty folder itself.
  const lower = layers.length === 0 ? [target] : layers.map(({ link }) => link);
  const options = [
    `lowerdir=${lower.map((path) => escape(path).replaceAll(':', '\\:')).join(':')}`,
    `upperdir=${escape(upper)}`,
    `workdir=${escape(work)}`,
  ].join(',');
  if (Buffer.byteLength(options) > MAX_OPTION_BYTES)
    throw new RangeError(`${layers.length} layers are too many for a mount`);
  return {
    argv: ['/usr/bin/mount', '-t', 'overlay', 'overlay', '-o', options, target],
    directory: join(store, 'overlay'),
  };
}

/** A backslash before what overlayfs separates its options with, as fs/overlayfs/params.c unescapes it. */
const escape = (path: string): string => path.replaceAll(/[\\,]/g, '\\$&');

/** Takes the mount off its place at once; what still uses it keeps it until it is done. */
export const umountArgv = (target: string): string[] => ['/usr/bin/umount', '--lazy', '--no-canonicalize', target];
