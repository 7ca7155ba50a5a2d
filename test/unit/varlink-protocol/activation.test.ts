import { createConnection, createServer } from 'node:net';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { tmpdir } from 'node:os';
import { aWorld, RawPeer } from './support.ts';
import { ClientConnection } from '../../../src/varlink/client-connection.ts';
import { certify } from '../../../src/varlink/certification/client.ts';
import { connect } from '../../../src/varlink/client.ts';
import { dial } from '../../../src/varlink/dial.ts';
import { parseAddress } from '../../../src/varlink/address.ts';
import { passedDescriptors, passedSockets } from '../../../src/varlink/activation.ts';

const directory = mkdtempSync(join(tmpdir(), 'berth-activation-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const main = resolve(import.meta.dirname, '../../../src/varlink/certification/main.ts');
const abstractName = `berth-${randomUUID()}`;
const program = join(directory, "a service's program");
writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${main}'\n`, { mode: 0o755 });

/** A process that ends with its test, and the code it ended with by itself. */
function startProgram(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
): Disposable & { readonly child: ChildProcess; readonly exit: Promise<number | null> } {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, exit, [Symbol.dispose]: () => child.kill('SIGKILL') };
}

describe('passedDescriptors', () => {
  const environment = { LISTEN_FDS: '3', LISTEN_PID: '7', LISTEN_FDNAMES: 'varlink:store' };

  it('numbers and names what was passed to this process', () => {
    expect(passedDescriptors(environment, 7)).toEqual([
      { fd: 3, name: 'varlink' },
      { fd: 4, name: 'store' },
      { fd: 5, name: 'unknown' },
    ]);
    expect(passedDescriptors({ ...environment, LISTEN_FDNAMES: ':store:' }, 7).map(({ name }) => name)).toEqual([
      'unknown',
      'store',
      'unknown',
    ]);
  });

  it.each([
    ['another process', { ...environment, LISTEN_PID: '8' }],
    ['nobody', { LISTEN_FDS: '1' }],
    ['this process, but none', { LISTEN_FDS: '0', LISTEN_PID: '7' }],
    ['this process, but not in numbers', { LISTEN_FDS: 'many', LISTEN_PID: '7' }],
    ['anyone', {}],
  ])('is empty for what was passed to %s', (_, others) => {
    expect(passedDescriptors(others, 7)).toEqual([]);
  });
});

describe('passedSockets', () => {
  it('leaves descriptors alone that have other names', () => {
    const one = { LISTEN_FDS: '1', LISTEN_PID: '7' };
    expect(passedSockets({ ...one, LISTEN_FDNAMES: 'berth-web' }, 7)).toEqual([]);
    expect(passedSockets({ LISTEN_FDS: '2', LISTEN_PID: '7' }, 7)).toEqual([]);
  });
});

describe('a service', () => {
  it('is started by an exec: address, with a socket that is connected', async () => {
    await using connection = new ClientConnection(await dial(parseAddress(`exec:${program}`)));
    await certify(connection, () => undefined);
  });

  it('is started for each connection of a client', async () => {
    await using client = await connect(`exec:${program}`);
    await expect(client.call('org.varlink.service.GetInfo', {})).resolves.toMatchObject({
      product: 'varlink certification',
    });
  });

  it.each([
    ['unix', { path: `\0${abstractName}` }],
    ['TCP', { host: '127.0.0.1', port: 0 }],
  ])('takes over a %s socket that listens', async (_, options) => {
    const listener = createServer().listen(options);
    await once(listener, 'listening');
    const bound = listener.address();
    const address = typeof bound === 'object' ? `tcp:127.0.0.1:${bound?.port}` : `unix:@${abstractName}`;
    const { _handle: handle } = listener as unknown as { _handle: { fd: number } };
    using service = startProgram('/bin/sh', ['-c', 'export LISTEN_PID=$$; exec "$0"', program], {
      env: { ...process.env, LISTEN_FDS: '1' },
      stdio: ['ignore', 'ignore', 'inherit', handle.fd],
    });
    await once(service.child, 'spawn');
    listener.close(); // from here on only the child accepts
    await using connection = new ClientConnection(await dial(parseAddress(address)));
    await certify(connection, () => undefined);
    service.child.kill();
    await expect(service.exit).resolves.toBe(0);
  });

  it('speaks on its standard streams when it is told to', async () => {
    using service = startProgram(program, [], { env: { ...process.env, SYSTEMD_VARLINK_LISTEN: '-' } });
    let output = '';
    service.child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    service.child.stdin?.end('{"method":"org.varlink.certification.Start"}\0{"method":"a.b.C"}\0');
    await expect(service.exit).resolves.toBe(0);
    const [start, refused, end] = output.split('\0');
    expect(start).toContain('{"parameters":{"client_id":');
    expect(refused).toContain('{"error":"org.varlink.service.InterfaceNotFound"');
    expect(end).toBe('');
  });

  it('listens where it is told to, and takes its socket away with itself', async () => {
    const path = join(directory, 'told');
    using service = startProgram(program, [], { env: { ...process.env, SYSTEMD_VARLINK_LISTEN: path } });
    await once(service.child.stdout ?? service.child, 'data');
    await using client = await connect(path);
    await client.call('org.varlink.certification.Start', {});
    service.child.kill();
    await expect(service.exit).resolves.toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

describe('listening', () => {
  it('gives a socket its mode, and leaves the umask alone', async () => {
    await using world = await aWorld();
    const path = join(directory, 'moded');
    const umask = process.umask();
    await world.server.listen(`unix:${path};mode=0620`);
    expect(statSync(path).mode & 0o777).toBe(0o620);
    expect(process.umask()).toBe(umask);
  });

  it('takes the place of a socket that nobody answers, not of one that somebody does', async () => {
    await using world = await aWorld();
    const path = join(directory, 'stale');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    expect(existsSync(path)).toBe(true);
    await world.server.listen(path);
    await expect(world.server.listen(path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('works at abstract names and over TCP', async () => {
    await using world = await aWorld();
    for (const address of [`unix:@berth-${randomUUID()}`, 'tcp:127.0.0.1:0', 'tcp:[::1]:0']) {
      await using client = await connect(await world.server.listen(address));
      await expect(client.call('org.varlink.service.GetInfo', {})).resolves.toMatchObject({ vendor: 'Berth' });
    }
  });

  it('refuses what nobody can listen at', async () => {
    await using world = await aWorld();
    await expect(world.server.listen('exec:/bin/true')).rejects.toMatchObject({ name: 'InvalidAddress' });
    await expect(world.server.listen('nonsense')).rejects.toMatchObject({ name: 'InvalidAddress' });
  });

  it('serves a stream that is there already', async () => {
    await using world = await aWorld();
    const listener = createServer((socket) => void world.server.accept(socket));
    const path = join(directory, 'accepted');
    listener.listen(path);
    await once(listener, 'listening');
    const peer = new RawPeer(createConnection(path));
    await expect(peer.call('org.varlink.service.GetInfo')).resolves.toBeDefined();
    peer.hangUp();
    listener.close();
  });
});
