/** From a mount that a client asked for to one that an OCI runtime makes. Pure. */
import type { SpecMount } from '../../oci-spec/mounts.ts';
import type { Mount } from '../configuration/configuration.ts';
import { PROPAGATIONS } from '../configuration/mounts.ts';

/** Wishes to berth, which no runtime knows. */
const NOT_OF_RUNTIME = ['bind', 'rbind', 'rro', 'z', 'Z', 'notmpcopyup'];

/** @param recursion what the kernel can make read-only of a bind mount: all that is mounted below it, or the mount alone */
export function specMount(mount: Mount, recursion: 'recursive' | 'top'): SpecMount {
  const { kind, source, destination, readOnly, options } = mount;
  const others = options.filter((option) => !NOT_OF_RUNTIME.includes(option));
  if (kind === 'tmpfs') {
    return {
      destination,
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'nodev', readOnly ? 'ro' : 'rw', ...others],
    };
  }
  const alone = options.includes('bind');
  // Two propagations are one too many for crun.
  const propagation = options.some((option) => PROPAGATIONS.includes(option)) ? [] : [alone ? 'private' : 'rprivate'];
  return {
    destination,
    type: 'bind',
    source: source ?? '',
    options: [alone ? 'bind' : 'rbind', ...propagation, accessOf(readOnly, alone ? 'top' : recursion), ...others],
  };
}

function accessOf(readOnly: boolean, recursion: 'recursive' | 'top'): string {
  if (!readOnly) return 'rw';
  return recursion === 'recursive' ? 'rro' : 'ro';
}
