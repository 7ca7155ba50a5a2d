/** systemd.exec(5). */
import { readFileSync } from 'node:fs';
import {
  allowOrDeny,
  as,
  boolean,
  booleanOrWord,
  type Encoder,
  i32,
  item,
  items,
  lenient,
  mode,
  renamed,
  seconds,
  string,
  table,
  u32,
  words,
} from './encoder.ts';
import * as names from './names.ts';
import {
  directories,
  parseBase64,
  parseBindPaths,
  parseExtensionImages,
  parseMountImages,
  parseRootImageOptions,
  parseTemporaryFileSystems,
  rootHash,
  rootHashSignature,
} from './paths.ts';
import { isBoolean, parseBoolean, parseCpuSet, parseInteger, parseSpan } from './quantities.ts';
import { RLIMITS } from './rlimits.ts';
import { Unparsable } from './unparsable.ts';
import { splitWords, unescapeC } from './words.ts';

const environmentFile = renamed(
  'EnvironmentFiles',
  item('(sb)', (value) => [value.replace(/^-/, ''), value.startsWith('-')]),
);

/** `fd:NAME`, `file:PATH`, `append:PATH` and `truncate:PATH` are properties of their own. */
const stream: Encoder = (value, name) => {
  const [, how = '', what = ''] = /^(fd|file|append|truncate):(.*)$/s.exec(value) ?? [];
  const suffixes: Readonly<Record<string, string>> = {
    fd: 'FileDescriptorName',
    file: 'File',
    append: 'FileToAppend',
    truncate: 'FileToTruncate',
  };
  const suffix = suffixes[how];
  return suffix === undefined ? string(value, name) : string(what, name + suffix);
};
const standardInputText: Encoder = (value) => [
  { name: 'StandardInputData', signature: 'ay', value: Buffer.concat([unescapeC(value), Buffer.from('\n')]) },
];

function splitCredential(value: string): [id: string, rest: string | undefined] {
  const colon = value.indexOf(':');
  if (value === '' || colon === 0) throw new Unparsable('a name is needed');
  return colon < 0 ? [value, undefined] : [value.slice(0, colon), value.slice(colon + 1)];
}
const setCredential = (decode: (text: string) => Buffer): Encoder =>
  item('(say)', (value) => {
    const [id, text] = splitCredential(value);
    if (text === undefined) throw new Unparsable('not NAME:VALUE');
    return [id, decode(text)];
  });
/** A name alone stands for the credential of that name that the manager itself was given. */
const loadCredential = item('(ss)', (value) => {
  const [id, path = ''] = splitCredential(value);
  return [id, path === '' ? value : path];
});
const importCredential: Encoder = (value) => {
  if (value === '') return words()(value, 'ImportCredential');
  const [glob, rename] = splitCredential(value);
  if (rename === undefined) return [{ name: 'ImportCredential', signature: 'as', value: [glob] }];
  return [{ name: 'ImportCredentialEx', signature: 'a(ss)', value: [[glob, rename]] }];
};

const restrictNamespaces = as('t', (value) => {
  if (isBoolean(value)) return BigInt(parseBoolean(value) ? 0 : names.ALL_NAMESPACES);
  const mask = names.parseNamespaces(splitWords(value.replace(/^~/, '')));
  return BigInt(value.startsWith('~') ? names.ALL_NAMESPACES & ~mask : mask);
});
const capabilities = as('t', (value) => names.parseCapabilities(value, splitWords(value.replace(/^~/, ''))));
const cpuAffinity: Encoder = (value, name) =>
  value === 'numa'
    ? [{ name: 'CPUAffinityFromNUMA', signature: 'b', value: true }]
    : as('ay', parseCpuSet)(value, name);
const numaMask = as('ay', (value) =>
  parseCpuSet(value === 'all' ? readFileSync('/sys/devices/system/node/online', 'utf8') : value),
);
const logFilter = item('(bs)', (value): [boolean, string] => [!value.startsWith('~'), value.replace(/^~/, '')]);
const logFields = item('ay', (value) => Buffer.from(value));
const between = (least: bigint, most: bigint): Encoder => as('i', (value) => Number(parseInteger(value, least, most)));

export const EXECUTION = new Map([
  ...RLIMITS,
  ...table(
    ['User Group UtmpIdentifier UtmpMode PAMName TTYPath WorkingDirectory RootDirectory RootImage RootVerity', string],
    [
      'SyslogIdentifier LogNamespace ProtectSystem ProtectHome ProtectProc ProcSubset SELinuxContext Personality',
      string,
    ],
    ['RuntimeDirectoryPreserve KeyringMode NetworkNamespacePath IPCNamespacePath PrivatePIDs', string],
    [
      'RootImagePolicy MountImagePolicy ExtensionImagePolicy PrivateTmpEx PrivateUsersEx ProtectControlGroupsEx',
      string,
    ],
    [
      'IgnoreSIGPIPE TTYVHangup TTYReset TTYVTDisallocate PrivateDevices PrivateNetwork PrivateMounts PrivateIPC',
      boolean,
    ],
    ['NoNewPrivileges SyslogLevelPrefix MemoryDenyWriteExecute RestrictRealtime RestrictSUIDSGID DynamicUser', boolean],
    ['RemoveIPC ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectClock MountAPIVFS', boolean],
    ['CPUSchedulingResetOnFork LockPersonality RootEphemeral SetLoginEnvironment MemoryKSM BindLogSockets', boolean],
    ['PrivateTmp PrivateUsers ProtectControlGroups ProtectHostname', booleanOrWord],
    ['ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths ExecSearchPath', words()],
    ['ExtensionDirectories SupplementaryGroups SystemCallArchitectures ConfigurationDirectory', words()],
    ['SyslogLevel LogLevelMax', as('i', names.parseLogLevel)],
    ['SyslogFacility', as('i', names.parseLogFacility)],
    ['SecureBits', as('i', (value) => names.parseSecureBits(splitWords(value)))],
    ['CPUSchedulingPolicy', as('i', names.parseSchedulingPolicy)],
    ['CPUSchedulingPriority', i32],
    ['OOMScoreAdjust', between(-1000n, 1000n)],
    ['Nice', between(-20n, 19n)],
    ['CoredumpFilter', as('t', (value) => names.parseCoredumpFilter(splitWords(value)))],
    ['SystemCallErrorNumber', as('i', names.parseSeccompErrno)],
    ['IOSchedulingClass', as('i', names.parseIoClass)],
    ['IOSchedulingPriority', between(0n, 7n)],
    [
      'RuntimeDirectoryMode StateDirectoryMode CacheDirectoryMode LogsDirectoryMode ConfigurationDirectoryMode UMask',
      mode,
    ],
    ['TimerSlackNSec', as('t', (value) => parseSpan(value, { unit: 'ns', resolution: 'ns' }))],
    ['LogRateLimitIntervalSec', seconds],
    ['LogRateLimitBurst TTYRows TTYColumns', u32],
    ['MountFlags', as('t', (value) => BigInt(names.parsePropagation(value)))],
    ['Environment UnsetEnvironment PassEnvironment', words({ escapes: 'c' })],
    ['EnvironmentFile', environmentFile],
    ['SetCredential', setCredential(unescapeC)],
    ['SetCredentialEncrypted', setCredential(parseBase64)],
    ['LoadCredential LoadCredentialEncrypted', loadCredential],
    ['ImportCredential', importCredential],
    ['LogExtraFields', logFields],
    ['LogFilterPatterns', logFilter],
    ['StandardInput StandardOutput StandardError', stream],
    ['StandardInputText', standardInputText],
    ['StandardInputData', as('ay', parseBase64)],
    ['AppArmorProfile SmackProcessLabel', lenient],
    ['CapabilityBoundingSet AmbientCapabilities', capabilities],
    ['CPUAffinity', cpuAffinity],
    ['NUMAPolicy', as('i', names.parseNumaPolicy)],
    ['NUMAMask', numaMask],
    [
      'RestrictAddressFamilies RestrictFileSystems SystemCallFilter SystemCallLog RestrictNetworkInterfaces',
      allowOrDeny,
    ],
    ['RestrictNamespaces', restrictNamespaces],
    ['BindPaths BindReadOnlyPaths', items('(ssbt)', parseBindPaths)],
    ['TemporaryFileSystem', items('(ss)', parseTemporaryFileSystems)],
    ['RootHash', rootHash],
    ['RootHashSignature', rootHashSignature],
    ['RootImageOptions', items('(ss)', parseRootImageOptions)],
    ['MountImages', items('(ssba(ss))', parseMountImages)],
    ['ExtensionImages', items('(sba(ss))', parseExtensionImages)],
    ['StateDirectory RuntimeDirectory CacheDirectory LogsDirectory', directories],
  ),
]);
