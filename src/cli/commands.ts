import type { Entry, Group } from './command.ts';

/** Every verb. Its file is loaded when it is used, so that none pays for the others. */
// prettier-ignore
export const COMMANDS: Readonly<Record<string, Entry>> = {
  run:     { summary: 'Make a container and run it', load: async () => (await import('./commands/run.ts')).run },
  create:  { summary: 'Make a container', load: async () => (await import('./commands/create.ts')).create },
  init:    { summary: 'Set containers up without running them', load: async () => (await import('./commands/init.ts')).init },
  start:   { summary: 'Run containers that were made or have ended', load: async () => (await import('./commands/start.ts')).start },
  stop:    { summary: 'Ask containers to end, and kill those that do not', load: async () => (await import('./commands/stop.ts')).stop },
  restart: { summary: 'Stop containers that run, and run them again', load: async () => (await import('./commands/restart.ts')).restart },
  kill:    { summary: 'Send a signal to containers', load: async () => (await import('./commands/kill.ts')).kill },
  pause:   { summary: 'Freeze containers', load: async () => (await import('./commands/pause.ts')).pause },
  unpause: { summary: 'Let paused containers go on', load: async () => (await import('./commands/unpause.ts')).unpause },
  exec:    { summary: 'Run a command in a container that runs', load: async () => (await import('./commands/exec.ts')).exec },
  cp:      { summary: 'Copy files into a container, out of it, or from one to another', load: async () => (await import('./commands/cp.ts')).cp },
  export:  { summary: 'Write the files of a container as a tar archive', load: async () => (await import('./commands/export.ts')).exportContainer },
  attach:  { summary: 'Be at the input and output of a container that runs', load: async () => (await import('./commands/attach.ts')).attach },
  wait:    { summary: 'Wait until containers have ended', load: async () => (await import('./commands/wait.ts')).wait },
  rm:      { summary: 'Remove containers', load: async () => (await import('./commands/rm.ts')).rm },
  rename:  { summary: 'Give a container another name', load: async () => (await import('./commands/rename.ts')).rename },
  update:  { summary: 'Change what containers may use', load: async () => (await import('./commands/update.ts')).update },
  ps:      { summary: 'List containers', load: async () => (await import('./commands/ps.ts')).ps },
  inspect: { summary: 'Show everything about containers and images', load: async () => (await import('./commands/inspect.ts')).inspect },
  logs:    { summary: 'Show what a container wrote', load: async () => (await import('./commands/logs.ts')).logs },
  stats:   { summary: 'Show what containers use, again and again', load: async () => (await import('./commands/stats.ts')).stats },
  top:     { summary: 'Show the processes of a container', load: async () => (await import('./commands/top.ts')).top },
  port:    { summary: 'Show which ports of a container are published', load: async () => (await import('./commands/port.ts')).port },
  sync:    { summary: 'Repair what berth has recorded of containers', load: async () => (await import('./commands/sync.ts')).sync },
  cleanup: { summary: 'Give back what containers that have ended still hold', load: async () => (await import('./commands/cleanup.ts')).cleanup },
  'container prune': { summary: 'Remove all containers that have ended or were never started', load: async () => (await import('./commands/container-prune.ts')).containerPrune },
  pull:    { summary: 'Bring an image from a registry', load: async () => (await import('./commands/pull.ts')).pull },
  load:    { summary: 'Bring images from a file or folder', load: async () => (await import('./commands/load.ts')).load },
  save:    { summary: 'Write images to a file, a folder or standard output', load: async () => (await import('./commands/save.ts')).save },
  tag:     { summary: 'Give an image another name', load: async () => (await import('./commands/tag.ts')).tag },
  images:  { summary: 'List images', load: async () => (await import('./commands/images.ts')).images },
  rmi:     { summary: 'Remove images', load: async () => (await import('./commands/rmi.ts')).rmi },
  'image inspect': { summary: 'Show everything about images', load: async () => (await import('./commands/inspect.ts')).imageInspect },
  'image prune': { summary: 'Remove all images without a name that no container is made of', load: async () => (await import('./commands/image-prune.ts')).imagePrune },
  'network create': { summary: 'Make a network', load: async () => (await import('./commands/network/create.ts')).networkCreate },
  'network ls': { summary: 'List networks', load: async () => (await import('./commands/network/ls.ts')).networkLs },
  'network inspect': { summary: 'Show everything about networks', load: async () => (await import('./commands/network/inspect.ts')).networkInspect },
  'network rm': { summary: 'Remove networks', load: async () => (await import('./commands/network/rm.ts')).networkRm },
  'network prune': { summary: 'Remove all networks that no container is on', load: async () => (await import('./commands/network/prune.ts')).networkPrune },
  'network exists': { summary: 'Tell by the exit code whether there is a network', load: async () => (await import('./commands/network/exists.ts')).networkExists },
  'network connect': { summary: 'Put a container on one more network', load: async () => (await import('./commands/network/connect.ts')).networkConnect },
  'network disconnect': { summary: 'Take a container from a network', load: async () => (await import('./commands/network/disconnect.ts')).networkDisconnect },
  'network reload': { summary: 'Set up again what somebody has taken away of the networks of containers', load: async () => (await import('./commands/network/reload.ts')).networkReload },
  'network update': { summary: 'Change the servers that a network asks for names', load: async () => (await import('./commands/network/update.ts')).networkUpdate },
  'volume create': { summary: 'Make a volume', load: async () => (await import('./commands/volume/create.ts')).volumeCreate },
  'volume ls': { summary: 'List volumes', load: async () => (await import('./commands/volume/ls.ts')).volumeLs },
  'volume inspect': { summary: 'Show everything about volumes', load: async () => (await import('./commands/volume/inspect.ts')).volumeInspect },
  'volume rm': { summary: 'Remove volumes, and everything in them', load: async () => (await import('./commands/volume/rm.ts')).volumeRm },
  'volume prune': { summary: 'Remove all volumes that no container has, and everything in them', load: async () => (await import('./commands/volume/prune.ts')).volumePrune },
  'volume exists': { summary: 'Tell by the exit code whether there is a volume', load: async () => (await import('./commands/volume/exists.ts')).volumeExists },
  info:    { summary: 'Show what this host can do', load: async () => (await import('./commands/info.ts')).info },
  version: { summary: 'Show versions', load: async () => (await import('./commands/version.ts')).version },
  completion: { summary: 'Print the completion of command lines for a shell', load: async () => (await import('./commands/completion.ts')).completionOf(COMMANDS, GROUPS) },
};

const named = (names: string): Record<string, string> =>
  Object.fromEntries(names.split(' ').map((name) => [name, name]));

/** Docker's and podman's other way to say it: `berth container ls`. */
export const GROUPS: Readonly<Record<string, Group>> = {
  container: {
    summary: 'What can be done with containers, such as ls, rm and prune',
    verbs: {
      ...named(
        'run create init start stop restart kill pause unpause exec cp export attach wait rm rename update ps inspect logs stats top port',
      ),
      ...named('sync cleanup'),
      ls: 'ps',
      list: 'ps',
      prune: 'container prune',
    },
  },
  image: {
    summary: 'What can be done with images, such as ls, rm and prune',
    verbs: {
      ...named('pull load save tag'),
      ls: 'images',
      list: 'images',
      rm: 'rmi',
      inspect: 'image inspect',
      prune: 'image prune',
    },
  },
  volume: {
    summary: 'What can be done with volumes, such as create, ls and rm',
    verbs: {
      create: 'volume create',
      ls: 'volume ls',
      list: 'volume ls',
      inspect: 'volume inspect',
      rm: 'volume rm',
      remove: 'volume rm',
      prune: 'volume prune',
      exists: 'volume exists',
    },
  },
  network: {
    summary: 'What can be done with networks, such as create, ls and rm',
    verbs: {
      create: 'network create',
      ls: 'network ls',
      list: 'network ls',
      inspect: 'network inspect',
      rm: 'network rm',
      remove: 'network rm',
      prune: 'network prune',
      exists: 'network exists',
      update: 'network update',
      connect: 'network connect',
      disconnect: 'network disconnect',
      reload: 'network reload',
    },
  },
};

/** What the first words of a command line stand for. */
type Meaning =
  | { readonly kind: 'command'; readonly name: string; readonly rest: readonly string[] }
  | { readonly kind: 'group'; readonly name: string; readonly rest: readonly string[] }
  | { readonly kind: 'unknown'; readonly name: string };

export function meaningOf([first = '', ...others]: readonly string[]): Meaning {
  const group = Object.hasOwn(GROUPS, first) ? GROUPS[first] : undefined;
  if (group === undefined) {
    return Object.hasOwn(COMMANDS, first)
      ? { kind: 'command', name: first, rest: others }
      : { kind: 'unknown', name: first };
  }
  const [verb, ...rest] = others;
  if (verb === undefined || verb.startsWith('-')) return { kind: 'group', name: first, rest: others };
  const name = Object.hasOwn(group.verbs, verb) ? group.verbs[verb] : undefined;
  return name === undefined ? { kind: 'unknown', name: `${first} ${verb}` } : { kind: 'command', name, rest };
}
