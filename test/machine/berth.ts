/** berth in a test machine, as a client sees it. */
import {
  ContainerClient,
  isContainerError,
  type Configuration,
  type Exit,
  type LogLine,
  type LogsInput,
} from '../../src/api/io-berth-container.ts';
import { ImageClient } from '../../src/api/io-berth-image.ts';
import { NetworkClient } from '../../src/api/io-berth-network.ts';
import { VolumeClient } from '../../src/api/io-berth-volume.ts';
import { SystemClient } from '../../src/api/io-berth-system.ts';
import { connect, type Client } from '../../src/varlink/client.ts';
import { IMAGES } from './images.ts';
import type { Machine } from './machine.ts';

export const SOCKET = '/run/berth/io.berth';

/** Where commands are run. */
type Commands = Pick<Machine, 'check'>;

export class Berth implements AsyncDisposable {
  readonly client: Client;
  readonly containers: ContainerClient;
  readonly images: ImageClient;
  readonly networks: NetworkClient;
  readonly volumes: VolumeClient;
  readonly system: SystemClient;
  readonly #machine: Commands;

  private constructor(machine: Commands, client: Client) {
    this.#machine = machine;
    this.client = client;
    this.containers = new ContainerClient(client);
    this.images = new ImageClient(client);
    this.networks = new NetworkClient(client);
    this.volumes = new VolumeClient(client);
    this.system = new SystemClient(client);
  }

  static async connect(machine: Machine): Promise<Berth> {
    return await Berth.at(`unix:${machine.path(SOCKET)}`, machine);
  }

  /** @param address where the socket of the machine's berth is */
  static async at(address: string, machine: Commands): Promise<Berth> {
    return new Berth(machine, await connect(address));
  }

  /** Loads a test image under its own name, if it is not there yet. */
  async image(name: 'plain' | 'layers' | 'config'): Promise<string> {
    for await (const { image } of this.images.list())
      if (image?.names.includes(`localhost/${name}:latest`) === true) return name;
    await this.images.load({ path: `${IMAGES}/oci/${name}`, name });
    return name;
  }

  /** Makes a container of the plain image that runs a shell script. */
  async create(name: string, script: string, configuration: Partial<Configuration> = {}): Promise<string> {
    const image = await this.image('plain');
    // On the default network only those that are about networks.
    const without = configuration.networks === undefined ? { network: 'none' } : {};
    const { id } = await this.containers.create({
      configuration: { image, name, command: ['sh', '-c', script], ...without, ...configuration },
    });
    return id;
  }

  /** Makes and starts one. */
  async run(name: string, script: string, configuration: Partial<Configuration> = {}): Promise<string> {
    const id = await this.create(name, script, configuration);
    await this.containers.start({ container: name });
    return id;
  }

  async wait(container: string): Promise<Exit | undefined> {
    return (await this.containers.wait({ container, conditions: ['exited'] })).exit;
  }

  async lines(container: string, options: Omit<LogsInput, 'container'> = {}): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    for await (const reply of this.containers.logs({ container, ...options })) lines.push(...(reply.lines ?? []));
    return lines;
  }

  /** Removes every container, those that share namespaces of others before these. */
  async removeAll(): Promise<void> {
    let names: string[] = [];
    for await (const { container } of this.containers.list()) if (container !== undefined) names.push(container.name);
    while (names.length > 0) {
      const removals = names.map(async (container) => await this.#isRemoved(container));
      const removed = await Promise.all(removals);
      const rest = names.filter((_, index) => removed[index] !== true);
      if (rest.length === names.length)
        throw new Error(`each of these shares a namespace of another one: ${rest.join()}`);
      names = rest;
    }
  }

  /** Removes a container; not while others share its namespaces. */
  async #isRemoved(container: string): Promise<boolean> {
    try {
      await this.containers.remove({ container, force: true });
    } catch (error) {
      if (isContainerError(error, 'HasDependents')) return false;
      if (!isContainerError(error, 'NoSuchContainer')) throw error; // it went by itself
    }
    return true;
  }

  /** Removes every image, for a spec that counts on what names an image has, or on which layers are there. */
  async removeImages(): Promise<void> {
    for await (const _ of this.images.prune({ all: true })) void _;
  }

  /** Removes every volume that no container has. */
  async removeVolumes(): Promise<void> {
    for await (const _ of this.volumes.prune()) void _;
  }

  /** What systemd says of a unit's properties. */
  async show(unit: string, ...properties: string[]): Promise<Record<string, string>> {
    const { stdout } = await this.#machine.check([
      'systemctl',
      'show',
      unit,
      ...properties.map((name) => `--property=${name}`),
    ]);
    const lines = stdout.toString().trim().split('\n');
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }
}

/** The bytes of a line. */
export const bytesOf = (line: LogLine): Buffer =>
  line.message === undefined ? Buffer.from(line.messageBase64 ?? '', 'base64') : Buffer.from(line.message);
