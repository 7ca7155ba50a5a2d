/** crun and runc, by their command lines, which are the same but for a few options. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadedOnce } from '../lib/loaded-once.ts';
import type { ProgramLease, SealedProgram } from '../lib/sealed-program.ts';
import { ProgramTimedOut, runShortProgram } from '../lib/short-program.ts';
import { withinTime } from '../lib/within-time.ts';
import { PROGRAM_PATH } from './program-folders.ts';
import { lastErrorIn, runtimeErrorFrom } from './runtime-log.ts';
import { waitsAt } from './waits-at.ts';
import { featuresFrom, parseState } from './runtime-output.ts';
import type {
  CreateArguments,
  ExecArguments,
  ExecTerminal,
  OciRuntime,
  RuntimeFeatures,
  RuntimeName,
  RuntimeState,
  StartFate,
} from './runtime.ts';
import { RuntimeError } from './errors.ts';

export interface CliRuntimeOptions {
  readonly name: RuntimeName;
  readonly path: string;
  readonly root: string;
  /** Argv to put before each command, to reach a runtime in another machine. */
  readonly enter?: readonly string[];
  /** Instead of what is meant for a host under load; for tests. */
  readonly limitMs?: number;
}

/** Everything that is asked of a runtime takes milliseconds; what takes as long as this never ends. */
const LIMIT_MS = 10_000;
/** Where the process of a container waits to be started: both make it in the container's folder below `root`, and remove it after that. */
const START_FIFO = 'exec.fifo';

interface Traits {
  /** What it wants before the command. */
  readonly options: readonly string[];
  readonly manageCgroupsModes: readonly string[];
  readonly execTerminal: ExecTerminal;
}

/**
 * In what they differ. runc 1.1 has neither option of cgroups; no runc takes a console socket unless it detaches (checkTerminal in
 * its utils_linux.go), and then its exit code is not the process's.
 */
const TRAITS: Readonly<Record<RuntimeName, Traits>> = {
  crun: {
    options: ['--cgroup-manager=cgroupfs'],
    manageCgroupsModes: ['soft', 'ignore', 'full', 'strict'],
    execTerminal: 'sent',
  },
  runc: { options: [], manageCgroupsModes: [], execTerminal: 'copied' },
};

export class CliRuntime implements OciRuntime {
  readonly name: RuntimeName;
  readonly path: string;
  readonly root: string;
  readonly execTerminal: ExecTerminal;
  readonly #enter: readonly string[];
  readonly #limitMs: number;
  readonly #sealed: () => Promise<SealedProgram>;

  constructor({ name, path, root, enter = [], limitMs = LIMIT_MS }: CliRuntimeOptions) {
    this.name = name;
    this.path = path;
    this.root = root;
    this.execTerminal = TRAITS[name].execTerminal;
    this.#enter = enter;
    this.#limitMs = limitMs;
    this.#sealed = loadedOnce(async () => new (await import('../lib/sealed-program.ts')).SealedProgram(path));
  }

  async lease(): Promise<ProgramLease | undefined> {
    return this.#enter.length === 0 ? (await this.#sealed()).lease() : undefined;
  }

  createArgv({ id, bundle, pidFile, logPath, consoleSocket }: CreateArguments): string[] {
    const terminal = consoleSocket === undefined ? [] : ['--console-socket', consoleSocket];
    return [...this.#argv('create', logPath), '--bundle', bundle, '--pid-file', pidFile, ...terminal, id];
  }

  startArgv(id: string, { logPath }: { readonly logPath?: string | undefined } = {}): string[] {
    return [...this.#argv('start', logPath), id];
  }

  deleteArgv(id: string): string[] {
    return [...this.#argv('delete'), '--force', id];
  }

  execArgv({
    id,
    processFile,
    pidFile,
    logPath,
    consoleSocket,
    preservedDescriptors = 0,
    mode,
  }: ExecArguments): string[] {
    return [
      ...this.#argv('exec', logPath),
      `--process=${processFile}`,
      `--pid-file=${pidFile}`,
      ...(consoleSocket === undefined ? [] : ['--console-socket', consoleSocket]),
      ...(preservedDescriptors === 0 ? [] : [`--preserve-fds=${preservedDescriptors}`]),
      ...(mode === 'detached' ? ['--detach'] : []),
      id,
    ];
  }

  async start(id: string): Promise<void> {
    const argv = [...this.#enter, ...this.startArgv(id)];
    using program = await this.lease();
    const options = { file: program?.path, limitMs: this.#limitMs };
    const { end, said } = await runShortProgram(argv, [`PATH=${PROGRAM_PATH}`], options).catch((error: unknown) => {
      if (error instanceof ProgramTimedOut) throw new RuntimeError('timed-out', error.message, { cause: error });
      throw isMissing(error)
        ? new RuntimeError('runtime-missing', `${this.path} is not there`, { cause: error })
        : error;
    });
    if (!('code' in end) || end.code !== 0) throw lastErrorIn(said) ?? runtimeErrorFrom(said);
  }

  async fateOfStart(id: string, pid: number): Promise<StartFate> {
    const fifo = join(this.root, id, START_FIFO);
    if (await waitsAt(pid, fifo)) return 'waits';
    rmSync(fifo, { force: true });
    return 'started';
  }

  async state(id: string, signal?: AbortSignal): Promise<RuntimeState | undefined> {
    try {
      return parseState(await this.#run([...this.#argv('state'), id], signal));
    } catch (error) {
      if (error instanceof RuntimeError && error.kind === 'no-such-container') return undefined;
      throw error;
    }
  }

  async delete(
    id: string,
    { ifRunning }: { readonly ifRunning: 'refuse' | 'kill' },
    signal?: AbortSignal,
  ): Promise<void> {
    // The unit's own clean-up has usually done it, and a process to hear so costs 7 ms.
    if (this.#enter.length === 0 && !existsSync(join(this.root, id))) return;
    const argv = ifRunning === 'kill' ? this.deleteArgv(id) : [...this.#argv('delete'), id];
    try {
      await this.#run(argv, signal);
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.kind !== 'no-such-container') throw error;
    }
  }

  async features(signal?: AbortSignal): Promise<RuntimeFeatures> {
    const [versionText, featuresText] = await Promise.all([
      this.#run([this.path, '--version'], signal),
      this.#run([this.path, 'features'], signal).catch(withoutFeatures),
    ]);
    return {
      ...featuresFrom(versionText, featuresText),
      manageCgroupsModes: TRAITS[this.name].manageCgroupsModes,
    };
  }

  async #run(argv: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    return await runProgram([...this.#enter, ...argv], this.#limitMs, signal);
  }

  #argv(command: string, logPath?: string): string[] {
    const log = logPath === undefined ? [] : ['--log', logPath];
    return [this.path, '--root', this.root, ...TRAITS[this.name].options, '--log-format', 'json', ...log, command];
  }
}

/** crun has the command since 1.9 only; Debian 12 has 1.8. */
function withoutFeatures(error: unknown): string {
  if (error instanceof RuntimeError && error.kind !== 'runtime-missing') return '{}';
  throw error;
}

const MAX_OUTPUT = 16 * 1024 * 1024;

/** @throws RuntimeError with what the program said */
async function runProgram(argv: readonly string[], limitMs: number, signal?: AbortSignal): Promise<string> {
  const { execa, ExecaError } = await import('execa'); // takes 80 ms, and a daemon that is only asked never needs it
  const [file = '', ...rest] = argv;
  const program = execa(file, rest, {
    stdin: 'ignore',
    maxBuffer: MAX_OUTPUT,
    // berthd's own NOTIFY_SOCKET would have crun set up a relay for it.
    env: { PATH: PROGRAM_PATH },
    extendEnv: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  try {
    const { stdout } = await withinTime(program, limitMs, () => {
      program.kill('SIGKILL');
      return new RuntimeError('timed-out', `${argv.join(' ')} has not ended within ${limitMs / 1000} s`);
    });
    return stdout;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT') throw new RuntimeError('runtime-missing', `${file} is not there`, { cause: error });
    const said = typeof error.stderr === 'string' ? error.stderr : '';
    throw lastErrorIn(said) ?? runtimeErrorFrom(said === '' ? error.shortMessage : said, { cause: error });
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
