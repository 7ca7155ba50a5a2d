/** Clients of attached connections that share no code with berth's: a Python script that knows the frames, varlinkctl without. */
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../packaging/package.ts';
import { Berth, SOCKET } from './berth.ts';
import { IMAGES, imagesFolder } from './images.ts';
import { leaks } from './leaks.ts';
import type { Machine } from './machine.ts';
import { Terminal } from './terminal.ts';
import { useBerth } from './use-berth.ts';
import { bootOrSkip, useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(
  machine,
  (connected) => {
    berth = connected;
  },
  'none-soon',
);
const SCRIPT = '/run/frames-client.py';
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const SEQUENCE = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => `${(index + 1).toString()}\n`).join(''));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a Python script that knows the frames', () => {
  beforeAll(async () => {
    await writeFile(machine.path(SCRIPT), await readFile(join(import.meta.dirname, 'frames-client.py')));
  });

  const python = async (argv: readonly string[], input: string | Uint8Array = ''): Promise<object> => {
    const { code, stdout, stderr } = await machine.exec(['python3', SCRIPT, ...argv], { input });
    return { code, stdout: stdout.toString(), stderr: stderr.toString() };
  };

  it('runs a command, with the streams apart, output after the end of input, and the exit code', async () => {
    await berth.run('client', FOREVER);
    const script = 'sed s/^/got:/; echo late; echo apart >&2; exit 3';
    expect(await python(['exec', 'client', 'sh', '-c', script], 'one\ntwo\n')).toEqual({
      code: 3,
      stdout: 'got:one\ngot:two\nlate\n',
      stderr: 'apart\n',
    });
  });

  it('carries 32 MiB through cat unchanged', async () => {
    await berth.run('client', FOREVER);
    const input = randomBytes(32 * 1024 * 1024);
    const { code, stdout } = await machine.exec(['python3', SCRIPT, 'exec', 'client', 'cat'], { input });
    expect([code, stdout.length, sha256(stdout)]).toEqual([0, input.length, sha256(input)]);
  });

  it('ends as a command that does not read its input, however much is left of it', async () => {
    await berth.run('client', FOREVER);
    const input = randomBytes(4 * 1024 * 1024);
    expect(await python(['exec', 'client', 'sh', '-c', 'echo done; exit 4'], input)).toMatchObject({
      code: 4,
      stdout: 'done\n',
    });
  });

  it('hears why there is no process, and why there is no session', async () => {
    await berth.run('client', FOREVER);
    expect(await python(['exec', 'client', 'nope'])).toEqual({
      code: 127,
      stdout: '',
      stderr: expect.stringContaining('nope') as string,
    });
    expect(await python(['exec', 'nobody', 'true'])).toEqual({
      code: 125,
      stdout: '',
      stderr: 'io.berth.Container.NoSuchContainer {"container": "nobody"}\n',
    });
  });

  it('attaches to a container, ends its input, and hears how it ended', async () => {
    await berth.run('client', 'cat; exit 9', { stdin: true });
    expect(await python(['attach', 'client'], 'typed\n')).toEqual({ code: 9, stdout: 'typed\n', stderr: '' });
  });

  it('can tell that berthd has gone from a process that has ended', async () => {
    await berth.run('client', FOREVER);
    const child = machine.spawn(['python3', SCRIPT, 'exec', 'client', 'sh', '-c', 'echo up; read line']);
    const said = new Promise((resolve) => child.stdout.once('data', resolve));
    const complaint = new Promise((resolve) => child.stderr.once('data', resolve));
    await said;
    await machine.sh('systemctl kill --kill-whom=main -s KILL berthd.service');
    expect((await child.ended).code).toBe(125);
    expect(String(await complaint)).toBe('the service went away; the process goes on\n');
    await reconnect();
    const sessions: (string | undefined)[] = [];
    for await (const { execSession } of berth.containers.execList({ container: 'client' }))
      sessions.push(execSession?.state);
    expect(sessions).toEqual(['running']);
  });

  it('at a terminal has its size, follows it, passes keys on, and leaves by the detach keys', async () => {
    await berth.run('client', FOREVER);
    const script =
      'stty size; trap "stty size" WINCH; echo ready; while ! read -r line; do :; done; echo "[$line]"; exit 6';
    const size = { columns: 99, rows: 33 };
    const first = new Terminal(machine, ['python3', SCRIPT, 'exec', 'client', 'sh', '-c', script], size);
    await first.until('33 99\r\nready');
    first.resize({ columns: 120, rows: 40 });
    await first.until('40 120');
    first.type('typed\r');
    await first.until('[typed]');
    expect(await first.ended).toBe(6);
    const second = new Terminal(machine, ['python3', SCRIPT, 'exec', 'client', 'sh'], size);
    await second.until('# ');
    second.type('\u0010\u0011');
    await second.until('detached');
    expect(await second.ended).toBe(0);
  });
});

describe('descriptors that a client has, and does not send', () => {
  const PYTHON = `
import json, socket, sys
berth = socket.socket(socket.AF_UNIX)
berth.connect(sys.argv[1])
berth.sendall(json.dumps({"method": sys.argv[2], "parameters": json.loads(sys.argv[3])}).encode() + b"\\0")
print(berth.recv(65536).rstrip(b"\\0").decode())`;
  const create = async (preservedDescriptors: number): Promise<string> => {
    const configuration = { command: ['sh', '-c', 'cat <&3 >&4'], preservedDescriptors };
    return (await berth.containers.execCreate({ container: 'client', configuration })).id;
  };
  /** @param script what is at `$@` calls ExecStart */
  const start = async (client: readonly string[], session: string, script: string): Promise<string> => {
    const argv = [...client, SOCKET, 'io.berth.Container.ExecStart', JSON.stringify({ session })];
    const folder = 'cd "$(mktemp -d)" && echo given >in && mkfifo out && exec 6<>out';
    return (await machine.exec(['bash', '-c', `${folder}; ${script}`, 'bash', ...argv], { timeoutMs: 20_000 })).text();
  };

  it.each([
    ['a Python script', ['python3', '-c', PYTHON]],
    ['varlinkctl', ['varlinkctl', 'call']],
  ])('go from %s to a command', async (_, client) => {
    await berth.run('client', FOREVER);
    expect(await start(client, await create(2), '"$@" 3<in 4>&6 >/dev/null; head -n 1 <&6')).toBe('given');
  });

  it('are missed by their numbers; then the session can still be started by somebody who has them', async () => {
    await berth.run('client', FOREVER);
    const session = await create(2);
    const python = ['python3', '-c', PYTHON];
    const refusal = {
      error: 'io.berth.Container.DescriptorUnavailable',
      parameters: { descriptor: 4, reason: 'not_open' },
    };
    // Its own socket is the first one that is free.
    expect(JSON.parse(await start(python, session, '"$@"'))).toEqual(refusal);
    expect((await berth.containers.execInspect({ session })).execSession).toMatchObject({
      state: 'created',
      configuration: { preservedDescriptors: 2 },
    });
    expect(await start(python, session, '"$@" 3<in 4>&6 >/dev/null; head -n 1 <&6')).toBe('given');
  });
});

it(
  'varlinkctl is a client that knows no frames, on a systemd that can upgrade',
  { timeout: 900_000 },
  async (context) => {
    const install = [await buildPackage({ types: 'unchecked' })];
    await using forky = await bootOrSkip(context, { root: 'forky', install, show: { [IMAGES]: await imagesFolder() } });
    expect((await forky.check(['varlinkctl', 'list-registry'])).text()).toMatch(
      /^io\.berth\.Container +unix:\/run\/berth\/io\.berth$/m,
    );
    const run = await forky.exec(['berth', 'run', '--rm', '-i', await imageOn(forky), 'sh', '-c', 'cat; exit 3'], {
      input: 'in',
    });
    expect([run.code, run.text()]).toEqual([3, 'in']);
    await forky.check(['berth', 'run', '-d', '--name', 'web', 'plain', 'sh', '-c', FOREVER]);
    // This systemd, too, lets berthd speak in the name of a unit's process.
    expect((await forky.sh('cat /run/berth/pids/*.setup')).text()).toMatch(/^done [0-9a-f]{32}$/);
    const upgraded = async (method: string, parameters: object, input: string | Uint8Array): Promise<object> => {
      const argv = [
        'varlinkctl',
        'call',
        '--upgrade',
        SOCKET,
        `io.berth.Container.${method}`,
        JSON.stringify(parameters),
      ];
      const { code, stdout, stderr } = await forky.exec(argv, { input });
      return { code, stdout, stderr: stderr.toString() };
    };
    const exec = (command: readonly string[], container = 'web'): object => ({
      container,
      raw: true,
      configuration: { command, stdin: true },
    });
    const script = 'echo from-$((40+2))\necho nowhere >&2\nexit 3\n';
    const said = { code: 0, stdout: Buffer.from('from-42\n'), stderr: '' };
    expect(await upgraded('Exec', exec(['sh']), script)).toEqual(said);
    // Much in one direction at a time: varlinkctl 262 waits in splice(2) when it may not write, and does not read meanwhile.
    const bytes = randomBytes(8 * 1024 * 1024);
    const sum = Buffer.from(`${sha256(bytes)}  -\n`);
    expect(await upgraded('Exec', exec(['sha256sum']), bytes)).toMatchObject({ code: 0, stdout: sum });
    expect(await upgraded('Exec', exec(['seq', '1000000']), '')).toMatchObject({ code: 0, stdout: SEQUENCE });
    expect(await upgraded('Exec', exec(['true'], 'nobody'), '')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('io.berth.Container.NoSuchContainer') as string,
    });
    await forky.check(['berth', 'create', '-i', '--name', 'filter', 'plain', 'cat']);
    const some = bytes.subarray(0, 64 * 1024);
    const filtered = await upgraded('StartAndAttach', { container: 'filter', raw: true }, some);
    expect(filtered).toMatchObject({ code: 0, stdout: some });
    await forky.check(['berth', 'rm', '-f', 'web', 'filter']);
    await expect.poll(async () => await leaks(forky)).toEqual([]);
  },
);

async function imageOn(machine: Machine): Promise<string> {
  await using client = await Berth.connect(machine);
  return await client.image('plain');
}
