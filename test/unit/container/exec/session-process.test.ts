import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { configureSession } from '../../../../src/container/exec/session-request.ts';
import { sessionProcess } from '../../../../src/container/exec/session-process.ts';
import { Folders } from '../../../../src/container/records/folder.ts';
import { parseContainerId } from '../../../../src/container/names.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-session-'));
const folder = { ...new Folders(root, root).of(parseContainerId('a'.repeat(64))), path: root };
const own = { env: ['PATH=/bin'], cwd: '/', user: { uid: 0, gid: 0 }, args: ['init'] };

afterAll(() => {
  rmSync(root, { recursive: true });
});

const processOf = async (process: object): Promise<object> => {
  writeFileSync(join(root, 'config.json'), JSON.stringify({ process }));
  return await sessionProcess(configureSession({ command: ['true'] }), undefined, folder, () => '');
};

it('runs the command with what the container has', async () => {
  expect(await processOf(own)).toMatchObject({ args: ['true'], rlimits: [] });
});

it('has the limits of its container, those that say that there is none to the last digit', async () => {
  const rlimits = [{ type: 'RLIMIT_CORE', soft: 10, hard: JSON.rawJSON('18446744073709551615') }];
  const process = await processOf({ ...own, rlimits });
  expect(JSON.stringify(process)).toContain(`"rlimits":${JSON.stringify(rlimits)}`);
});
