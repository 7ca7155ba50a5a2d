/** Networks as files in a folder, and a host on which everything works at once. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NetworkPorts } from '../../src/container/ports.ts';
import { parsePool } from '../../src/lib/subnet-pools.ts';
import type { UsableNetavark } from '../../src/netavark/netavark.ts';
import type { NetworkPlace, NetworkVerb } from '../../src/netavark/network-program.ts';
import { PortTaken, type ReservedPorts } from '../../src/netavark/errors.ts';
import type { Traffic } from '../../src/netavark/traffic.ts';
import { NetworkFiles } from '../../src/network/network-files.ts';
import { Networks } from '../../src/network/networks.ts';

export class FakeNetwork implements NetworkPorts {
  readonly networks: Networks;
  /** What the program was run with. */
  readonly runs: string[] = [];
  /** Of which the next run of the program fails, and what netavark says of it. */
  failing: { readonly verb: NetworkVerb; readonly message: string } | undefined;
  installed = false;
  readonly reserved = new Map<string, readonly ReservedPorts[]>();
  /** Ports that processes of the host have. */
  readonly taken = new Set<number>();
  #nextFree = 40_000;
  #failure: string | undefined;

  constructor(folder: string, users: (network: string) => string[]) {
    this.networks = new Networks({
      files: new NetworkFiles(folder),
      host: { subnets: async () => await Promise.resolve([]), interfaceHolder: () => undefined },
      users: { of: users },
      pools: () => ['10.64.0.0/12:24'].map(parsePool).filter((pool) => pool !== undefined),
      now: () => new Date(0),
    });
  }

  readonly traffic = async (): Promise<Traffic | undefined> =>
    await Promise.resolve({ receivedBytes: 1, sentBytes: 2 });

  readonly netavark = (): UsableNetavark =>
    this.installed ? { path: '/usr/lib/podman/netavark' } : { problem: 'netavark is not installed' };

  readonly program = {
    run: async (verb: NetworkVerb, { pidFile }: NetworkPlace, document?: string): Promise<'done' | 'failed'> => {
      this.runs.push([verb, document].filter((each) => each !== undefined).join(' '));
      await Promise.resolve();
      if (this.failing?.verb === verb) {
        this.#failure = this.failing.message;
        this.failing = undefined;
        return 'failed';
      }
      this.#failure = undefined;
      if (verb === 'down') this.setUp(pidFile, '');
      return 'done';
    },
    failureOf: (): string | undefined => this.#failure,
  };

  /** What a unit that has its network set up leaves, and one that has given it back. */
  setUp(pidFile: string, content: string): void {
    const file = join(dirname(dirname(pidFile)), 'networks', pidFile.split('/').at(-1) ?? '');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  readonly reservations = {
    reserve: async (key: string, ports: readonly ReservedPorts[]): Promise<void> => {
      await Promise.resolve();
      for (const each of ports)
        if (this.taken.has(each.hostPort)) throw new PortTaken(each, each.hostPort, { pid: 7, command: 'nginx' }, {});
      this.reserved.set(key, ports);
    },
    release: async (key: string): Promise<void> => {
      this.reserved.delete(key);
      await Promise.resolve();
    },
    free: async (_: string, __: string, isTaken: (port: number) => boolean): Promise<number> => {
      await Promise.resolve();
      while (isTaken(this.#nextFree)) this.#nextFree++;
      return this.#nextFree;
    },
    has: (key: string): boolean => this.reserved.has(key),
    holders: [],
  };
}
