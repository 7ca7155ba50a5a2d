import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../../../src/cli/session/inherited.ts', import.meta.url));
/** Says up to which one, from 3 on, it finds descriptors that were there before it was. */
const PROGRAM = `import { isInherited } from '${MODULE}';
  let last = 2;
  while (isInherited(last + 1)) last++;
  console.log(last);`;

// prettier-ignore
it.each<[open: number[], last: number]>([
  [[],                  2],
  [[4, 5, 6, 7, 8],     2],
  [[3, 5, 6, 7, 8],     3],
  [[3, 4, 6],           4],
  [[3, 4, 5, 6, 7, 8],  8],
])('tells what was there from what the runtime has opened: of %j, up to %i', (open, last) => {
  const all = [3, 4, 5, 6, 7, 8, 9];
  const redirections = all.map((fd) => `${fd.toString()}<${open.includes(fd) ? '/dev/null' : '&-'}`).join(' ');
  const { stdout } = spawnSync(
    'sh',
    ['-c', `exec "$0" --input-type=module -e "$1" ${redirections}`, process.execPath, PROGRAM],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe(`${last.toString()}\n`);
});
