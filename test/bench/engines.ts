/** The four ways to have a container run, behind one face; each speaks as a program that uses it would. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { ContainerClient } from '../../src/api/io-berth-container.ts';
import type { Client } from '../../src/varlink/client.ts';
import type { HttpSocket } from './http-socket.ts';

export interface Engine {
  readonly create: (name: string, command: readonly string[]) => Promise<void>;
  readonly start: (name: string) => Promise<void>;
  readonly runDetached: (name: string, command: readonly string[]) => Promise<void>;
  /** Until it is known how it has ended. */
  readonly runToExit: (name: string, command: readonly string[]) => Promise<void>;
  /** Until nothing is left of it, its name among it. */
  readonly runAndRemove: (name: string, command: readonly string[]) => Promise<void>;
  readonly stop: (name: string) => Promise<void>;
  readonly kill: (name: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  readonly removeRunning: (name: string) => Promise<void>;
  readonly inspect: (name: string) => Promise<void>;
  readonly untilEnded: (name: string) => Promise<void>;
  /** All of them, running or not. @returns how many */
  readonly list: () => Promise<number>;
  /** @returns how many run */
  readonly running: () => Promise<number>;
}

/** What both load from the machine's images. */
export const BERTH_IMAGE = 'plain';
export const PODMAN_IMAGE = 'berth.test/plain:latest';

const LIMIT_MS = 60_000;
const execute = promisify(execFile);

export async function command(argv: readonly string[]): Promise<string> {
  const [file = '', ...args] = argv;
  return (await execute(file, args, { maxBuffer: 64 * 1024 * 1024, timeout: LIMIT_MS })).stdout;
}

/** For a program that leaves its streams to a process which stays. */
export async function silently(argv: readonly string[]): Promise<void> {
  const [file = '', ...args] = argv;
  const [code] = await once(spawn(file, args, { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${String(code)}`);
}

export function berthVarlink(client: Client): Engine {
  const containers = new ContainerClient(client);
  const create = async (name: string, argv: readonly string[], removeOnExit = false): Promise<string> =>
    (
      await containers.create({
        configuration: { image: BERTH_IMAGE, name, command: argv, network: 'none', removeOnExit },
      })
    ).id;
  const start = async (name: string): Promise<void> => void (await containers.start({ container: name }));
  const untilEnded = async (name: string): Promise<void> => void (await containers.wait({ container: name }));
  const count = async (states?: readonly ['running']): Promise<number> => {
    let found = 0;
    for await (const _ of containers.list(states === undefined ? {} : { states })) found++;
    return found;
  };
  return {
    create: async (name, argv) => void (await create(name, argv)),
    start,
    runDetached: async (name, argv) => {
      await create(name, argv);
      await start(name);
    },
    runToExit: async (name, argv) => {
      await create(name, argv);
      await start(name);
      await untilEnded(name);
    },
    runAndRemove: async (name, argv) => {
      await create(name, argv, true);
      await start(name);
      await containers.wait({ container: name, conditions: [] });
    },
    stop: async (name) => void (await containers.stop({ container: name })),
    kill: async (name) => void (await containers.kill({ container: name })),
    remove: async (name) => void (await containers.remove({ container: name })),
    removeRunning: async (name) => void (await containers.remove({ container: name, force: true })),
    inspect: async (name) => void (await containers.inspect({ container: name })),
    untilEnded,
    list: async () => await count(),
    running: async () => await count(['running']),
  };
}

/** `podman` and `berth` have the same verbs; what differs is said here. */
interface Dialect {
  readonly program: string;
  readonly image: string;
  /** Neither is asked to build a bridge. */
  readonly network: readonly string[];
}

export const BERTH_CLI: Dialect = { program: 'berth', image: BERTH_IMAGE, network: ['--network=none'] };
export const PODMAN_CLI: Dialect = { program: 'podman', image: PODMAN_IMAGE, network: ['--network=none'] };

export function commandLine({ program, image, network }: Dialect): Engine {
  const say = async (...args: readonly string[]): Promise<string> => await command([program, ...args]);
  const named = (name: string, argv: readonly string[]): string[] => ['--name', name, ...network, image, ...argv];
  const count = async (...options: readonly string[]): Promise<number> => linesOf(await say('ps', '-q', ...options));
  return {
    create: async (name, argv) => void (await say('create', ...named(name, argv))),
    start: async (name) => void (await say('start', name)),
    runDetached: async (name, argv) => void (await say('run', '-d', ...named(name, argv))),
    runToExit: async (name, argv) => void (await say('run', ...named(name, argv))),
    runAndRemove: async (name, argv) => void (await say('run', '--rm', ...named(name, argv))),
    stop: async (name) => void (await say('stop', name)),
    kill: async (name) => void (await say('kill', name)),
    remove: async (name) => void (await say('rm', name)),
    removeRunning: async (name) => void (await say('rm', '-f', ...(program === 'podman' ? ['-t', '0'] : []), name)),
    inspect: async (name) => void (await say('inspect', name)),
    untilEnded: async (name) => void (await say('wait', name)),
    list: async () => linesOf(await say('ps', '-a')) - 1,
    running: async () => await count(),
  };
}

const linesOf = (text: string): number => text.split('\n').filter((line) => line !== '').length;

export function podmanRest(http: HttpSocket): Engine {
  const at = (name: string, action: string): string => `/v5.0.0/libpod/containers/${name}/${action}`;
  const create = async (name: string, argv: readonly string[]): Promise<void> => {
    const body = { name, image: PODMAN_IMAGE, command: argv, netns: { nsmode: 'none' } };
    await http.ask('POST', '/v5.0.0/libpod/containers/create', body);
  };
  const post = async (name: string, action: string): Promise<void> => void (await http.ask('POST', at(name, action)));
  const remove = async (name: string, query: string): Promise<void> =>
    void (await http.ask('DELETE', `/v5.0.0/libpod/containers/${name}${query}`));
  const count = async (query: string): Promise<number> => {
    const found = await http.ask('GET', `/v5.0.0/libpod/containers/json${query}`);
    return Array.isArray(found) ? found.length : 0;
  };
  return {
    create,
    start: async (name) => await post(name, 'start'),
    runDetached: async (name, argv) => {
      await create(name, argv);
      await post(name, 'start');
    },
    runToExit: async (name, argv) => {
      await create(name, argv);
      await post(name, 'start');
      await post(name, 'wait');
    },
    runAndRemove: async (name, argv) => {
      await create(name, argv);
      await post(name, 'start');
      await post(name, 'wait');
      await remove(name, '');
    },
    stop: async (name) => await post(name, 'stop'),
    kill: async (name) => await post(name, 'kill'),
    remove: async (name) => await remove(name, ''),
    removeRunning: async (name) => await remove(name, '?force=true&timeout=0'),
    inspect: async (name) => void (await http.ask('GET', at(name, 'json'))),
    untilEnded: async (name) => await post(name, 'wait'),
    list: async () => await count('?all=true'),
    running: async () => await count(''),
  };
}
