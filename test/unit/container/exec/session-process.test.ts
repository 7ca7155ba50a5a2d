import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { configureSession } from '../../../../src/container/exec/session-request.ts';
import { sessionProcess } from '../../../../src/container/exec/session-process.ts';
import { Folders } from '../../../../src/container/folder.ts';
import { parseContainerId } from '../../../../src/container/names.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-session-'));
const folder = { ...new Folders(root, root).of(parseContainerId('a'.repeat(64))), path: root };
const own = { env: ['PATH=/bin'], cwd: '/', user: { uid: 0, gid: 0 }, args: ['init'] };

afterAll(() => {
  rmSync(root, { recursive: true });
});

const processOf = async (process: object): Promise<object> => {
  writeFileSync(join(root, 'config.json'), JSON.stringify({ process }));
  const nobody = async (): Promise<string> => await Promise.resolve('');
  return await sessionProcess(
    configureSession({ command: ['true'] }),
    undefined,
    folder,
    nobody,
    globalThis.process.pid,
  );
};

it('may open as many files as the first process of its container, and not as many as berthd', async () => {
  const [, soft, hard] = /^Max open files +(\d+) +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  expect(await processOf(own)).toMatchObject({
    args: ['true'],
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: Number(soft), hard: Number(hard) }],
  });
});

it('has the limits that the container is made with', async () => {
  const rlimits = [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }];
  expect(await processOf({ ...own, rlimits })).toMatchObject({ rlimits });
});
