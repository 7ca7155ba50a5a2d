import { expect, it } from 'vitest';
import { hasOthersMounts } from '../../../src/lib/reachable.ts';

const mount = (target: string, type: string): string =>
  `36 35 98:0 / ${target} rw,noatime shared:1 - ${type} source rw\n`;
const usual = [
  ['/', 'ext4'],
  ['/proc', 'proc'],
  ['/sys/fs/cgroup', 'cgroup2'],
  ['/run', 'tmpfs'],
  ['/proc/sys/fs/binfmt_misc', 'autofs'],
  ['/var/lib/berth/containers/a/root', 'overlay'],
].map(([target = '', type = '']) => mount(target, type));

it('asks nobody to look at paths first on a host whose file systems are all its own', () => {
  expect(hasOthersMounts(usual.join(''))).toBe(false);
});

it.each(['nfs4', 'cifs', 'fuse.sshfs', 'fuse', '9p', 'ceph', 'autofs', 'unheard-of'])(
  'has them looked at where there is a %s that may not answer',
  (type) => {
    expect(hasOthersMounts([...usual, mount('/mnt/far', type)].join(''))).toBe(true);
  },
);
