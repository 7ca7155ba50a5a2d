/**
 * Seccomp profiles as the distributions ship them (containers-common's and docker's format), resolved to what the OCI
 * runtime specification takes: rules that depend on capabilities, architecture or the kernel are kept or left out. What is not
 * understood is refused: a profile of which a part is dropped allows what it was written to deny.
 */
import { constants } from 'node:os';
import * as v from 'valibot';

// Of libseccomp, as the OCI runtime specification lists them.
// prettier-ignore
const ACTIONS = [
  'SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_KILL_THREAD', 'SCMP_ACT_TRAP', 'SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_NOTIFY',
];
// prettier-ignore
const OPERATORS = [
  'SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_EQ', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_MASKED_EQ',
];
const MAX_ARGUMENT_INDEX = 5;
const MAX_UINT32 = 2 ** 32 - 1;
const MAX_UINT64 = 2n ** 64n - 1n;

/** May be absent, or null, as Go writes what is empty. */
const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(v.nullable(schema));
const text = v.string();
const texts = v.array(text);
const action = v.picklist(ACTIONS);
const small = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_UINT32));
/** Not every one is a number of JavaScript. */
const wide = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger()), v.bigint()]),
  v.transform((value) => BigInt(value)),
  v.minValue(0n),
  v.maxValue(MAX_UINT64),
);

const Arg = v.strictObject({
  index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_ARGUMENT_INDEX)),
  value: wide,
  valueTwo: v.optional(wide, 0),
  op: v.picklist(OPERATORS),
});

const release = v.pipe(text, v.regex(/^\d+(\.\d+)*$/, 'it is no release of a kernel'));
const Condition = v.strictObject({ caps: maybe(texts), arches: maybe(texts), minKernel: maybe(release) });

/** `name` is how old profiles have it, `errno` a name for the number. */
const Rule = v.pipe(
  v.strictObject({
    name: maybe(text),
    names: maybe(texts),
    action,
    args: maybe(v.array(Arg)),
    errnoRet: maybe(small),
    errno: maybe(text),
    comment: maybe(text),
    includes: maybe(Condition),
    excludes: maybe(Condition),
  }),
  v.check(({ name, names }) => isSaid(name) !== isSaid(names), 'a rule has either names or a name'),
);

const Architecture = v.strictObject({ architecture: text, subArchitectures: maybe(texts) });

const Profile = v.pipe(
  v.strictObject({
    defaultAction: action,
    defaultErrnoRet: maybe(small),
    defaultErrno: maybe(text),
    archMap: maybe(v.array(Architecture)),
    architectures: maybe(texts),
    flags: maybe(texts),
    listenerPath: maybe(text),
    listenerMetadata: maybe(text),
    syscalls: maybe(v.array(Rule)),
    comment: maybe(text),
  }),
  v.check(
    ({ archMap, architectures }) => !isSaid(archMap) || !isSaid(architectures),
    'it has both an archMap and architectures',
  ),
);

/** Whether something stands there: what is empty says nothing. */
const isSaid = (value: string | readonly unknown[] | null | undefined): boolean => (value?.length ?? 0) > 0;

/** `linux.seccomp` of the OCI runtime specification. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  /** Where the runtime sends the descriptor that SCMP_ACT_NOTIFY asks. */
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls: readonly object[];
}

/** The file is no seccomp profile. */
export class SeccompProfileInvalid extends Error {
  override readonly name = 'SeccompProfileInvalid';
}

export interface SeccompHost {
  /** As Node names it: `x64`, `arm64`. */
  readonly architecture: string;
  /** `6.12.3`: of uname(2). */
  readonly kernel: string;
}

/** By Node's name: Go's, which profiles use in conditions, and libseccomp's. */
const ARCHITECTURES: Readonly<Record<string, { go: string; scmp: string }>> = {
  x64: { go: 'amd64', scmp: 'SCMP_ARCH_X86_64' },
  arm64: { go: 'arm64', scmp: 'SCMP_ARCH_AARCH64' },
  riscv64: { go: 'riscv64', scmp: 'SCMP_ARCH_RISCV64' },
  ppc64: { go: 'ppc64le', scmp: 'SCMP_ARCH_PPC64LE' },
  s390x: { go: 's390x', scmp: 'SCMP_ARCH_S390X' },
};

/** What a profile means on a host for a container; a function, so that the text is parsed once for many containers. */
export type SeccompResolver = (capabilities: readonly string[]) => SeccompProfile;

/** @throws SeccompProfileInvalid */
export function parseSeccompProfile(text: string, host: SeccompHost): SeccompResolver {
  const parsed = v.safeParse(Profile, parseJson(text));
  if (!parsed.success) throw new SeccompProfileInvalid(v.summarize(parsed.issues));
  const { defaultAction, archMap, flags, listenerPath, listenerMetadata, ...profile } = parsed.output;
  const known = ARCHITECTURES[host.architecture];
  const mapped = archMap?.find(({ architecture }) => architecture === known?.scmp);
  const architectures =
    mapped === undefined ? profile.architectures : [mapped.architecture, ...(mapped.subArchitectures ?? [])];
  const rules = (profile.syscalls ?? []).map((rule) => ({ rule, syscall: syscallOf(rule) }));
  const whole = {
    defaultAction,
    ...optional('defaultErrnoRet', errnoOf(profile.defaultErrno, profile.defaultErrnoRet)),
    ...optional('architectures', architectures),
    ...optional('flags', isSaid(flags) ? flags : undefined),
    ...optional('listenerPath', listenerPath),
    ...optional('listenerMetadata', listenerMetadata),
  };
  return (capabilities) => ({
    ...whole,
    syscalls: rules
      .filter(({ rule }) => applies(rule, capabilities, known?.go, host.kernel))
      .map(({ syscall }) => syscall),
  });
}

/** Integers that are no numbers of JavaScript are BigInts. @throws SeccompProfileInvalid */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown, { source }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^\d{1,20}$/.test(source ?? '')
        ? BigInt(source ?? '')
        : value,
    );
  } catch (error) {
    throw new SeccompProfileInvalid(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

type RuleOf = v.InferOutput<typeof Rule>;

/** @throws SeccompProfileInvalid */
const syscallOf = ({ name, names, action, args, errno, errnoRet }: RuleOf): object => ({
  names: isSaid(names) ? names : [name],
  action,
  ...optional('errnoRet', errnoOf(errno, errnoRet)),
  ...optional('args', isSaid(args) ? args?.map(wireArg) : undefined),
});

const wireArg = ({ value, valueTwo, ...arg }: v.InferOutput<typeof Arg>): object => ({
  ...arg,
  value: numberFor(value),
  valueTwo: numberFor(valueTwo),
});

/** As JSON has it, to the last digit. */
const numberFor = (value: bigint): number | object =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : JSON.rawJSON(value.toString());

const ERRNOS: Readonly<Record<string, number>> = constants.errno;

/** The name counts, as in containers-common. @throws SeccompProfileInvalid */
function errnoOf(name: string | null | undefined, number: number | null | undefined): number | null | undefined {
  if (name === undefined || name === null || name === '') return number;
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const known = Object.hasOwn(ERRNOS, name) ? ERRNOS[name] : undefined;
  if (known === undefined) throw new SeccompProfileInvalid(`there is no errno '${name}'`);
  return known;
}

/** Left out where nothing is said. */
function optional<K extends string, T>(name: K, value: T | null | undefined): { [_ in K]?: T } {
  const result: { [_ in K]?: T } = {};
  if (value !== null && value !== undefined) result[name] = value;
  return result;
}

function applies(
  { includes, excludes }: RuleOf,
  capabilities: readonly string[],
  arch: string | undefined,
  kernel: string,
): boolean {
  const has = (name: string): boolean => capabilities.includes(name);
  const isHere = (name: string): boolean => name === arch;
  if (excludes?.caps?.some(has) === true || excludes?.arches?.some(isHere) === true) return false;
  if (isSaid(excludes?.minKernel) && isAtLeast(kernel, excludes?.minKernel ?? '')) return false;
  if (includes?.caps?.length !== undefined && includes.caps.length > 0 && !includes.caps.every(has)) return false;
  if (includes?.arches?.length !== undefined && includes.arches.length > 0 && !includes.arches.some(isHere))
    return false;
  return !isSaid(includes?.minKernel) || isAtLeast(kernel, includes?.minKernel ?? '');
}

/** `6.8-rc3` is 6 and 8. */
const numbersOf = (release: string): number[] => release.split('.').map((each) => Number.parseInt(each, 10));

/** Compares the first two numbers of kernel releases. */
function isAtLeast(kernel: string, wanted: string): boolean {
  const [major = 0, minor = 0] = numbersOf(kernel);
  const [wantedMajor = 0, wantedMinor = 0] = numbersOf(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
