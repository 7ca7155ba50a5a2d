/**
 * A test machine with a kernel of its own: the same Debian, booted by QEMU, which emulates the processor. Slower than a machine in
 * namespaces by an order of magnitude, but with every controller of cgroup v2.
 *
 *     await using machine = await QemuMachine.boot(deb);
 *     await using berth = await Berth.at(machine.berth, machine);
 *     await machine.sh('cat /sys/fs/cgroup/berth.slice/memory.max');
 *
 * Invariants: as for a machine in namespaces, nothing of it stays when the process that booted it is gone (see qemu.sh); its ports
 * are forwarded to addresses of loopback that no other process's machine has.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CACHE, PATH } from './cache.ts';
import { readConsole } from './console.ts';
import { imagesFolder } from './images.ts';
import { BERTH_PORT, kernelLayer, SHELL_PORT } from './kernel.ts';
import { ensureEmulator } from './prerequisites.ts';
import { type Outcome, ProcessFailed } from './process.ts';
import { rootOf } from './roots.ts';

/** Measured: 20 s, of which 8 make the disk; beside ten busy processes on two cores three minutes. */
const BOOT_LIMIT_MS = 480_000;
const COMMAND_LIMIT_MS = 120_000;
const MEMORY_MIB = 1280;
const QEMU = [
  'qemu-system-x86_64',
  ...'-accel tcg,thread=multi -cpu max -smp 2 -nodefaults -no-user-config -display none -monitor none'.split(' '),
  ...'-serial stdio -no-reboot'.split(' '),
  ...`-m ${MEMORY_MIB.toString()}`.split(' '),
  ...'-drive file=/dev/fd/9,if=none,id=root,format=raw,cache=unsafe -device nvme,drive=root,serial=root'.split(' '),
  '-append',
  'console=ttyS0 root=/dev/nvme0n1 rw panic=-1 net.ifnames=0 mitigations=off quiet',
];

/** This host cannot run such a machine, or cannot get what it needs: no fault of what is tested. */
export class QemuUnavailable extends Error {
  override readonly name = 'QemuUnavailable';

  constructor(cause: unknown) {
    super(`no machine can be emulated here: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export class QemuMachine implements AsyncDisposable {
  readonly #host: string;
  readonly #end: () => Promise<void>;

  private constructor(host: string, end: () => Promise<void>) {
    this.#host = host;
    this.#end = end;
  }

  /**
   * Boots a machine with a package installed and the test images in it; `await using` ends it.
   * @throws QemuUnavailable
   * @throws Error with what the console showed, when it does not come up
   */
  static async boot(deb: string): Promise<QemuMachine> {
    const parts = await prepared();
    const host = loopbackOf(process.pid);
    const ports = [SHELL_PORT, BERTH_PORT].map((port) => `hostfwd=tcp:${host}:${String(port)}-:${String(port)}`);
    const network = ['-netdev', `user,id=network,restrict=on,${ports.join(',')}`];
    const qemu = [...QEMU, ...network, '-device', 'virtio-net-pci,netdev=network,romfile='];
    const unshare = 'unshare --mount --propagation private --pid --fork --kill-child --mount-proc'.split(' ');
    const script = join(import.meta.dirname, 'qemu.sh');
    const [file = '', ...argv] = [...unshare, 'sh', script, CACHE, ...parts, deb, ...qemu];
    const child = spawn(file, argv, {
      env: { PATH, LANG: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdin.on('error', () => {}); // it is gone, which `ended` tells
    const ended = new Promise<void>((resolve) => {
      child.once('close', () => resolve());
    });
    const end = async (): Promise<void> => {
      child.stdin.end();
      await ended;
    };
    const up = Promise.withResolvers<string>();
    const console = readConsole(child, up.resolve);
    const limit = AbortSignal.timeout(BOOT_LIMIT_MS);
    limit.addEventListener('abort', () => up.reject(limit.reason));
    void ended.then(() => up.reject(new Error('it went down')));
    try {
      await up.promise;
    } catch (error) {
      await end();
      throw new Error(`the emulated machine did not boot\n${console.join('\n')}`, { cause: error });
    }
    return new QemuMachine(host, end);
  }

  /** The address of its berth. */
  get berth(): string {
    return `tcp:${this.#host}:${BERTH_PORT.toString()}`;
  }

  /** Runs a program that must succeed. @throws ProcessFailed with what it printed */
  async check(argv: readonly string[]): Promise<Outcome> {
    return await this.sh(argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' '));
  }

  /** Runs a shell script (`set -eu`) that must succeed. @returns what it printed, on either stream @throws ProcessFailed */
  async sh(script: string): Promise<Outcome> {
    const socket = connect({ host: this.#host, port: SHELL_PORT, allowHalfOpen: true });
    socket.setTimeout(COMMAND_LIMIT_MS, () => socket.destroy(new Error(`not done in time: ${script}`)));
    socket.end(script);
    const [, printed = '', code] = /^(.*)\n(\d+)\n$/s.exec(await text(socket)) ?? [];
    const stdout = Buffer.from(printed);
    const outcome: Outcome = {
      code: code === undefined ? null : Number(code),
      signal: null,
      stdout,
      stderr: Buffer.of(),
      text: () => printed.trimEnd(),
    };
    if (outcome.code !== 0) throw new ProcessFailed([script], outcome);
    return outcome;
  }

  /** Ends the machine at once, as a power cut does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

/** What the disk is made of. @throws QemuUnavailable */
async function prepared(): Promise<string[]> {
  try {
    if (process.arch !== 'x64') throw new Error(`its kernel is for x64, this is ${process.arch}`);
    await ensureEmulator();
    return [await rootOf('trixie'), await kernelLayer(), await imagesFolder()];
  } catch (error) {
    throw new QemuUnavailable(error);
  }
}

/** An address of loopback for each process: PIDs have at most 22 bits. */
const loopbackOf = (pid: number): string =>
  [127, 1 + (pid >> 16), (pid >> 8) & 0xff, pid & 0xff].map((byte) => byte.toString()).join('.');
