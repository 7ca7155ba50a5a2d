/** Sessions of a command line: of berth's, podman's, or the runtime's own. */
import { spawn } from 'node-pty';
import { command, BERTH_CLI, PODMAN_CLI } from './engines.ts';
import { AT_TERMINAL, READY, type Keyboard, type Sessions } from './sessions.ts';

/** What is said before the command that is to be run. */
interface Words {
  readonly exec: (container: string, how: 'silent' | 'input' | 'terminal') => readonly string[];
  readonly run: (name: string) => readonly string[];
}

const FLAGS = { silent: [], input: ['-i'], terminal: ['-it'] } as const;

const engineWords = ({ program, image, network }: typeof PODMAN_CLI): Words => ({
  exec: (container, how) => [program, 'exec', ...FLAGS[how], container],
  run: (name) => [program, 'run', '--rm', '-i', '--name', name, ...network, image, 'cat'],
});

export const berthSessions = (): Sessions => commandSessions(engineWords(BERTH_CLI));
export const podmanSessions = (): Sessions => commandSessions(engineWords(PODMAN_CLI));

/** @param bundle one whose process is `cat` */
export const runtimeSessions = (bundle: string): Sessions =>
  commandSessions({
    exec: (container, how) => ['crun', 'exec', ...(how === 'terminal' ? ['--tty'] : []), container],
    run: (name) => ['crun', '--cgroup-manager=cgroupfs', 'run', '--bundle', bundle, name],
  });

function commandSessions({ exec, run }: Words): Sessions {
  return {
    runTrue: async (container) => void (await command([...exec(container, 'silent'), 'true'])),
    execCat: async (container, file) => await carried([...exec(container, 'input'), 'cat'], file),
    runCat: async (name, file) => await carried(run(name), file),
    openTerminal: async (container) => await keyboard([...exec(container, 'terminal'), ...AT_TERMINAL]),
  };
}

const carried = async (argv: readonly string[], file: string): Promise<number> =>
  Number(await command(['sh', '-c', 'file=$1; shift; "$@" <"$file" | wc -c', 'sh', file, ...argv]));

async function keyboard([program = '', ...args]: readonly string[]): Promise<Keyboard> {
  const terminal = spawn(program, args, { env: process.env });
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined); // nobody presses any more
  terminal.onExit(({ exitCode }) => {
    ended.reject(new Error(`${program} left the terminal with ${exitCode.toString()}: ${seen}`));
  });
  let seen = '';
  const ready = Promise.withResolvers<undefined>();
  let shown = Promise.withResolvers<undefined>();
  terminal.onData((text) => {
    shown.resolve(undefined);
    if (seen.length < 1000) seen += text;
    if (seen.includes(READY)) ready.resolve(undefined);
  });
  await Promise.race([ready.promise, ended.promise]);
  return {
    press: async (key) => {
      shown = Promise.withResolvers();
      terminal.write(key);
      await Promise.race([shown.promise, ended.promise]);
    },
    [Symbol.asyncDispose]: async () => {
      terminal.write('\u0003'); // as a person would; the program is in the foreground of the terminal within
      await ended.promise.catch(() => undefined);
    },
  };
}
