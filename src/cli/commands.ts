import type { Command } from './command.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every verb. Its file is loaded when it is used, so that none pays for the others. */
// prettier-ignore
export const COMMANDS: Readonly<Record<string, Entry>> = {
  run:     { summary: 'Make a container and run it', load: async () => (await import('./commands/run.ts')).run },
  create:  { summary: 'Make a container', load: async () => (await import('./commands/create.ts')).create },
  init:    { summary: 'Set containers up without running them', load: async () => (await import('./commands/init.ts')).init },
  start:   { summary: 'Run containers that were made or have ended', load: async () => (await import('./commands/start.ts')).start },
  stop:    { summary: 'Ask containers to end, and kill those that do not', load: async () => (await import('./commands/stop.ts')).stop },
  kill:    { summary: 'Send a signal to containers', load: async () => (await import('./commands/kill.ts')).kill },
  wait:    { summary: 'Wait until containers have ended', load: async () => (await import('./commands/wait.ts')).wait },
  rm:      { summary: 'Remove containers', load: async () => (await import('./commands/rm.ts')).rm },
  ps:      { summary: 'List containers', load: async () => (await import('./commands/ps.ts')).ps },
  inspect: { summary: 'Show everything about containers', load: async () => (await import('./commands/inspect.ts')).inspect },
  logs:    { summary: 'Show what a container wrote', load: async () => (await import('./commands/logs.ts')).logs },
  load:    { summary: 'Bring an image from a file or folder', load: async () => (await import('./commands/load.ts')).load },
  pull:    { summary: 'Bring an image from a registry', load: async () => (await import('./commands/pull.ts')).pull },
  images:  { summary: 'List images', load: async () => (await import('./commands/images.ts')).images },
  rmi:     { summary: 'Remove images', load: async () => (await import('./commands/rmi.ts')).rmi },
  info:    { summary: 'Show what this host can do', load: async () => (await import('./commands/info.ts')).info },
  version: { summary: 'Show versions', load: async () => (await import('./commands/version.ts')).version },
};
