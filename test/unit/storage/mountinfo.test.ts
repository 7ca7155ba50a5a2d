import { expect, it } from 'vitest';
import { mountsBelow, parseMountinfo } from '../../../src/storage/mountinfo.ts';

const TEXT = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:30 / /data rw - tmpfs tmpfs rw
32 31 0:31 / /data/with\\040space\\011tab rw,relatime shared:2 master:3 - overlay overlay rw,lowerdir=l/A:l/B
33 31 0:32 / /data/back\\134slash rw - overlay over\\040lay rw
34 22 0:33 /sub /database rw - tmpfs none rw
nonsense
`;

it('reads what the kernel writes', () => {
  expect(parseMountinfo(TEXT)).toHaveLength(5);
  expect(parseMountinfo(TEXT)[2]).toEqual({
    id: 32,
    parent: 31,
    root: '/',
    target: '/data/with space\ttab',
    fsType: 'overlay',
    source: 'overlay',
  });
  expect(parseMountinfo(TEXT)[3]).toMatchObject({ target: '/data/back\\slash', source: 'over lay' });
});

it('finds mounts below a folder, the last one first', () => {
  const entries = parseMountinfo(TEXT);
  expect(mountsBelow(entries, '/data').map(({ id }) => id)).toEqual([33, 32, 31]);
  expect(mountsBelow(entries, '/data/').map(({ id }) => id)).toEqual([33, 32]);
  expect(mountsBelow(entries, '/nothing')).toEqual([]);
});
