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
  const options = [lowerdir(linksOf(layers, target)), `upperdir=${escape(upper)}`, `workdir=${escape(work)}`];
  return mountOf(store, options, target);
}

/** The same to be looked at, and not written to; without a work folder. @throws RangeError as `overlayMount` */
export function readOnlyOverlay({ store, layers, upper, target }: Omit<OverlayMount, 'work'>): MountCommand {
  return mountOf(store, ['ro', lowerdir([upper, ...linksOf(layers, target)])], target);
}

/** Overlayfs wants a layer below the topmost one; an image without any has the empty folder itself. */
const linksOf = (layers: OverlayMount['layers'], target: string): string[] =>
  layers.length === 0 ? [target] : layers.map(({ link }) => link);

const lowerdir = (paths: readonly string[]): string =>
  `lowerdir=${paths.map((path) => escape(path).replaceAll(':', '\\:')).join(':')}`;

function mountOf(store: string, optionList: readonly string[], target: string): MountCommand {
  const options = optionList.join(',');
  if (Buffer.byteLength(options) > MAX_OPTION_BYTES) throw new RangeError('there are too many layers for a mount');
  return {
    argv: ['/usr/bin/mount', '-t', 'overlay', 'overlay', '-o', options, target],
    directory: join(store, 'overlay'),
  };
}

/** A backslash before what overlayfs separates its options with, as fs/overlayfs/params.c unescapes it. */
const escape = (path: string): string => path.replaceAll(/[\\,]/g, '\\$&');

/** Takes the mount off its place at once; what still uses it keeps it until it is done. */
export const umountArgv = (target: string): string[] => ['/usr/bin/umount', '--lazy', '--no-canonicalize', target];
