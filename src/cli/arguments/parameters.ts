/** What a container may use, which Create takes in its configuration and Update by itself. */
const RESOURCES: Readonly<Record<string, string>> = {
  'resources.memoryMaxBytes': '--memory takes an amount such as 512m',
  'resources.memoryLowBytes': '--memory-reservation takes an amount such as 512m',
  'resources.memorySwapMaxBytes': '--memory-swap takes an amount such as 1g',
  'resources.cpuQuotaPerSecUSec': '--cpus takes a number of CPUs such as 1.5',
  'resources.cpuWeight': '--cpu-weight takes a number from 1 to 10000',
  'resources.allowedCpus': '--cpuset-cpus takes numbers and ranges such as 0-3,7',
  'resources.allowedMemoryNodes': '--cpuset-mems takes numbers and ranges such as 0,1',
  'resources.tasksMax': '--pids-limit takes a number of at least 1',
  'resources.ioWeight': '--blkio-weight takes a number from 10 to 1000',
  unitProperties: '--property takes NAME=VALUE as in unit files',
};

/** What to say when berthd does not take a parameter: which option it came from, and what it takes. */
const ABOUT: Readonly<Record<string, string>> = {
  'configuration.name':
    '--name must be a letter or digit, then letters, digits, _ . and -, 200 at most, and not exec-ID',
  'configuration.image': 'the image must be given by name or ID',
  'configuration.environment': '--env and --env-file take NAME=VALUE, with neither of them holding NUL',
  'configuration.rootDirectory': '--rootfs takes a folder of this host other than /, and goes without an image',
  'configuration.groups': '--group-add takes a group by name or number',
  'configuration.hosts': '--add-host takes NAME:ADDRESS, and does not go with the network of another container',
  'configuration.labels': '--label takes KEY=VALUE, with neither of them holding NUL',
  'configuration.annotations': "--annotation takes KEY=VALUE, and none of berth's own, io.berth.container.*",
  'configuration.devices': '--device takes /dev/NAME[:PATH][:rwm]',
  'configuration.network': '--network takes none, host, container:NAME or path:PATH',
  'configuration.pidNamespace': '--pid takes private, host, container:NAME or path:PATH',
  'configuration.ipcNamespace': '--ipc takes private, host, container:NAME or path:PATH',
  'configuration.utsNamespace': '--uts takes private, host, container:NAME or path:PATH',
  'configuration.cgroupNamespace': '--cgroupns takes private, host, container:NAME or path:PATH',
  'configuration.sysctls': '--sysctl takes NAME=VALUE of a namespace that is not shared with this host',
  'configuration.resourceLimits':
    '--ulimit takes NAME=SOFT[:HARD], each NAME of setrlimit(2) once, and SOFT no more than HARD',
  'configuration.sharedMemoryBytes':
    '--shm-size takes an amount such as 64m, and does not go with an IPC namespace that is shared',
  'configuration.timeZone': '--tz takes a zone such as Europe/Paris, or local',
  'configuration.initProcess': '--init does not go with a PID namespace that is shared',
  'configuration.oomScoreAdjust': '--oom-score-adj takes a number from -1000 to 1000',
  'configuration.seccompProfile':
    '--security-opt seccomp= takes a file of this host or unconfined, and does not go with --privileged',
  'configuration.maskPaths': '--security-opt mask= takes absolute paths with colons between them',
  'configuration.unmaskPaths': '--security-opt unmask= takes absolute paths with colons between them, or ALL',
  'configuration.workingDirectory': '--workdir must be an absolute path in the container',
  'configuration.hostname':
    '--hostname takes up to 64 bytes without spaces and #, and does not go with --uts that is shared',
  'configuration.mounts':
    'the places of --volume, --mount and --tmpfs are absolute paths in the container, not / and no place twice; their options are such as ro, nosuid, rslave or size=64m, and none excludes another',
  'configuration.addCapabilities': "--cap-add takes names of capabilities(7), such as NET_ADMIN, or 'ALL'",
  'configuration.dropCapabilities': "--cap-drop takes names of capabilities(7), such as NET_RAW, or 'ALL'",
  'configuration.stopSignal': '--stop-signal takes a signal by name or number, such as SIGTERM or 15',
  'configuration.stopTimeoutUSec': '--stop-timeout takes seconds',
  'configuration.restartLimit': '--restart on-failure:N takes a number of at least 1',
  'configuration.removeOnExit': '--rm and --restart exclude each other',
  'configuration.user': '--user takes USER or USER:GROUP, by name or number',
  'configuration.logDriver': '--log-driver none does not go with --streams journal',
  'configuration.streams': '--streams journal goes neither with --tty nor with --interactive',
  'configuration.detachKeys':
    '--detach-keys takes keys such as ctrl-p,ctrl-q, with commas between them, or nothing for none',
  'configuration.preservedDescriptors': '--preserve-fds takes a number from 0 to 6',
  'configuration.command': 'the command must be at least one word, without NUL',
  'definition.name':
    "a network's name is a letter or digit, then letters, digits, _ . and -, 63 at most, and no word that --network has",
  'definition.interface': '--interface-name takes a name of 15 characters at most',
  'definition.subnets':
    '--subnet takes a subnet such as 10.64.7.0/24, --gateway an address of it, --ip-range the first and the last',
  'definition.routes': '--route takes SUBNET,GATEWAY[,METRIC], both of the same family',
  'definition.dns': 'names are found on bridges with a gateway only: give --disable-dns',
  'definition.dnsServers': '--dns takes an address that is not the gateway',
  'definition.labels': '--label takes KEY=VALUE, with neither of them holding NUL',
  'definition.options': '--opt takes NAME=VALUE that the driver has, such as mtu=1400 or isolate=true',
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
    const about = lookUp(ABOUT, path) ?? lookUp(RESOURCES, path.replace(/^configuration\./u, ''));
    if (about !== undefined) return about;
  }
  return `berthd does not take the value of '${parameter}'`;
}

const lookUp = (table: Readonly<Record<string, string>>, path: string): string | undefined =>
  Object.hasOwn(table, path) ? table[path] : undefined;
