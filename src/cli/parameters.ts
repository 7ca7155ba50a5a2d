/** What to say when berthd does not take a parameter: which option it came from, and what it takes. */
const ABOUT: Readonly<Record<string, string>> = {
  'configuration.name':
    '--name must be a letter or digit, then letters, digits, _ . and -, 64 at most, and not exec-ID',
  'configuration.image': 'the image must be given by name or ID',
  'configuration.environment': '--env and --env-file take NAME=VALUE, with neither of them holding NUL',
  'configuration.workingDirectory': '--workdir must be an absolute path in the container',
  'configuration.hostname': '--hostname must be letters, digits, . and -, 64 at most',
  'configuration.mounts':
    'the paths of --volume, --mount and --tmpfs must be absolute in the container and not /, their options those of mount(8)',
  'configuration.addCapabilities': "--cap-add takes names of capabilities(7), such as NET_ADMIN, or 'ALL'",
  'configuration.dropCapabilities': "--cap-drop takes names of capabilities(7), such as NET_RAW, or 'ALL'",
  'configuration.stopSignal': '--stop-signal takes a signal by name or number, such as SIGTERM or 15',
  'configuration.stopTimeoutUSec': '--stop-timeout takes seconds',
  'configuration.restartLimit': '--restart on-failure:N takes a number of at least 1',
  'configuration.removeOnExit': '--rm and --restart exclude each other',
  'configuration.user': '--user takes USER or USER:GROUP, by name or number',
  'configuration.unitProperties': '--property takes NAME=VALUE as in unit files',
  signal: 'a signal is given by name or number, such as SIGTERM or 15',
  timeoutUSec: 'the time to stop must be seconds, 0 or more',
  tail: '--tail takes a number of lines, or all',
  cursor: 'the journal does not have that place any more',
  path: 'the path must be absolute and readable for berthd',
  image: 'the image must be given by name or ID',
  name: 'the name must be that of an image, such as localhost/app:1.0',
  username: '--creds takes USER:PASSWORD',
  password: '--creds takes USER:PASSWORD',
  container: 'a container is given by its name, its ID, or the first digits of its ID',
};

/** @param parameter as `org.varlink.service.InvalidParameter` names it, such as `configuration.mounts[1].source` */
export function sentenceForParameter(parameter: string): string {
  for (
    let path = parameter;
    path !== '';
    path = path.slice(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), 0))
  ) {
    const about = Object.hasOwn(ABOUT, path) ? ABOUT[path] : undefined;
    if (about !== undefined) return about;
  }
  return `berthd does not take the value of '${parameter}'`;
}
