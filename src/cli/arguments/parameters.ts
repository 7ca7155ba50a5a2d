import { CONTAINER_OPTIONS } from './container-options.ts';
import type { Options } from './args.ts';

/** What a container may use, which Create takes in its configuration and Update by itself. */
const RESOURCES: Readonly<Record<string, readonly [option: string, takes: string]>> = {
  'resources.memoryMaxBytes': ['--memory', 'takes an amount such as 512m'],
  'resources.memoryLowBytes': ['--memory-reservation', 'takes an amount such as 512m'],
  'resources.memorySwapMaxBytes': ['--memory-swap', 'takes an amount such as 1g'],
  'resources.cpuQuotaPerSecUSec': ['--cpus', 'takes a number of CPUs such as 1.5'],
  'resources.cpuWeight': ['--cpu-weight', 'takes a number from 1 to 10000'],
  'resources.allowedCpus': ['--cpuset-cpus', 'takes numbers and ranges such as 0-3,7'],
  'resources.allowedMemoryNodes': ['--cpuset-mems', 'takes numbers and ranges such as 0,1'],
  'resources.tasksMax': ['--pids-limit', 'takes a number of at least 1'],
  'resources.ioWeight': ['--blkio-weight', 'takes a number from 10 to 1000'],
  unitProperties: ['--property', 'takes NAME=VALUE as in unit files'],
};

/** What to say when berthd does not take a parameter that comes from several options, or from none. */
const ABOUT: Readonly<Record<string, string>> = {
  'configuration.image': 'the image must be given by name or ID',
  'configuration.environment': '--env and --env-file take NAME=VALUE, with neither of them holding NUL',
  'configuration.networks':
    'each --network is given once; it takes ip=, ip6=, mac=, alias= and interface_name= that there can be',
  aliases: '--alias takes a name that could be in the DNS',
  addresses: '--ip and --ip6 take an address of the network',
  mac: '--mac-address takes an address of Ethernet such as 02:42:0a:00:00:05',
  interface: '--interface-name takes a name of 15 characters at most',
  'configuration.maskPaths': '--security-opt mask= takes absolute paths with colons between them',
  'configuration.unmaskPaths': '--security-opt unmask= takes absolute paths with colons between them, or ALL',
  'configuration.mounts':
    'the places of --volume, --mount and --tmpfs are absolute paths in the container, not / and no place twice; their options are such as ro, nosuid, rslave or size=64m, and none excludes another; a volume is called by a letter or digit, then letters, digits, _ . and -, 200 at most',
  'configuration.restartLimit': '--restart on-failure:N takes a number of at least 1',
  'configuration.removeOnExit': '--rm and --restart exclude each other',
  'configuration.preservedDescriptors': '--preserve-fds takes a number from 0 to 6',
  'configuration.command': 'the command must be at least one word, without NUL',
  'definition.name':
    'the name of a network or volume is a letter or digit, then letters, digits, _ . and -: 63 at most for a network, whose name is no word that --network has, and 200 for a volume',
  'definition.driver': '--driver takes local',
  'definition.interface': '--interface-name takes a name of 15 characters at most',
  'definition.subnets':
    '--subnet takes a subnet such as 10.64.7.0/24, --gateway an address of it, --ip-range the first and the last',
  'definition.routes': '--route takes SUBNET,GATEWAY[,METRIC], both of the same family',
  'definition.dns': 'names are found on bridges with a gateway only: give --disable-dns',
  'definition.dnsServers': '--dns takes an address that is not the gateway',
  'definition.labels': '--label takes KEY=VALUE, with neither of them holding NUL',
  'definition.options':
    '--opt takes NAME=VALUE that the driver has; a network such as mtu=1400 or isolate=true, a volume none',
  'definition.ipam': '--ipam-driver takes host-local with subnets, dhcp with macvlan, or none',
  addDnsServers: '--dns-add takes an address that is not the gateway',
  removeDnsServers: '--dns-drop takes an address',
  detachKeys: '--detach-keys takes keys such as ctrl-p,ctrl-q, with commas between them, or nothing for none',
  size: 'the window must be from 1 to 65535 characters wide and high',
  signal: 'a signal is given by name or number, such as SIGTERM or 15',
  timeoutUSec: 'the time to stop must be seconds, 0 or more',
  tail: '--tail takes a number of lines, or all',
  cursor: 'the journal does not have that place any more',
  path: 'the path must be absolute and readable for berthd',
  image: 'the image must be given by name or ID',
  restartPolicy: 'a container that was made with --rm cannot be restarted',
  restartLimit: '--restart on-failure:N takes a number of at least 1',
  name: "a container's name is letters, digits, _ . and -, 200 at most; an image's is such as localhost/app:1.0",
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
    const about =
      ofOption(path) ?? lookUp(ABOUT, path) ?? lookUp(RESOURCES, path.replace(/^configuration\./u, ''))?.join(' ');
    if (about !== undefined) return about;
  }
  return `berthd does not take the value of '${parameter}'`;
}

/** The option that sets a limit, such as `--memory`. @param parameter as Create and Update name it, `unitProperties[0]` */
export function optionFor(parameter: string): string {
  const name = parameter.replace(/^configuration\./u, '').replace(/\[\d+\]$/u, '');
  return lookUp(RESOURCES, name)?.[0] ?? parameter;
}

const lookUp = <T>(table: Readonly<Record<string, T>>, path: string): T | undefined =>
  Object.hasOwn(table, path) ? table[path] : undefined;

/** Of a member of the configuration that one option of `run` and `create` gives: the option says why it is refused. */
function ofOption(path: string): string | undefined {
  const options: Options = CONTAINER_OPTIONS;
  const [name, option] =
    Object.entries(options).find(([, { member }]) => member !== undefined && path === `configuration.${member}`) ?? [];
  return option?.refusal === undefined ? undefined : `--${name} ${option.refusal}`;
}
