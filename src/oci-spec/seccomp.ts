/**
 * Seccomp profiles as the distributions ship them (containers-common's and docker's format), resolved to what the OCI
 * runtime specification takes: rules that depend on capabilities, architecture or the kernel are kept or left out.
 */
import * as v from 'valibot';

const Arg = v.object({
  index: v.number(),
  value: v.number(),
  valueTwo: v.optional(v.number(), 0),
  op: v.string(),
});

const Condition = v.object({
  caps: v.optional(v.nullable(v.array(v.string()))),
  arches: v.optional(v.nullable(v.array(v.string()))),
  minKernel: v.optional(v.nullable(v.string())),
});

const Rule = v.object({
  names: v.array(v.string()),
  action: v.string(),
  args: v.optional(v.nullable(v.array(Arg))),
  errnoRet: v.optional(v.nullable(v.number())),
  includes: v.optional(v.nullable(Condition)),
  excludes: v.optional(v.nullable(Condition)),
});

const Profile = v.object({
  defaultAction: v.string(),
  defaultErrnoRet: v.optional(v.nullable(v.number())),
  archMap: v.optional(
    v.nullable(v.array(v.object({ architecture: v.string(), subArchitectures: v.nullable(v.array(v.string())) }))),
  ),
  architectures: v.optional(v.nullable(v.array(v.string()))),
  syscalls: v.array(Rule),
});
const ProfileText = v.pipe(v.string(), v.parseJson(), Profile);

/** `linux.seccomp` of the OCI runtime specification. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
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
  const parsed = v.safeParse(ProfileText, text);
  if (!parsed.success) throw new SeccompProfileInvalid(v.summarize(parsed.issues));
  const profile = parsed.output;
  const known = ARCHITECTURES[host.architecture];
  const mapped = profile.archMap?.find(({ architecture }) => architecture === known?.scmp);
  const architectures =
    mapped === undefined ? profile.architectures : [mapped.architecture, ...(mapped.subArchitectures ?? [])];
  return (capabilities) => ({
    defaultAction: profile.defaultAction,
    ...optional('defaultErrnoRet', profile.defaultErrnoRet),
    ...optional('architectures', architectures),
    syscalls: profile.syscalls
      .filter((rule) => applies(rule, capabilities, known?.go, host.kernel))
      .map(({ names, action, args, errnoRet }) => ({
        names,
        action,
        ...optional('errnoRet', errnoRet),
        ...optional('args', args?.length === 0 ? undefined : args),
      })),
  });
}

function optional<K extends string, T>(name: K, value: T | null | undefined): { [_ in K]?: T } {
  const result: { [_ in K]?: T } = {};
  if (value !== null && value !== undefined) result[name] = value;
  return result;
}

type RuleOf = v.InferOutput<typeof Rule>;

function applies(
  { includes, excludes }: RuleOf,
  capabilities: readonly string[],
  arch: string | undefined,
  kernel: string,
): boolean {
  const has = (name: string): boolean => capabilities.includes(name);
  const isHere = (name: string): boolean => name === arch;
  if (excludes?.caps?.some(has) === true || excludes?.arches?.some(isHere) === true) return false;
  if (includes?.caps?.length !== undefined && includes.caps.length > 0 && !includes.caps.every(has)) return false;
  if (includes?.arches?.length !== undefined && includes.arches.length > 0 && !includes.arches.some(isHere))
    return false;
  const { minKernel } = includes ?? {};
  return minKernel === undefined || minKernel === null || isAtLeast(kernel, minKernel);
}

/** `6.8-rc3` is 6 and 8. */
const numbersOf = (release: string): number[] => release.split('.').map((each) => Number.parseInt(each, 10));

/** Compares the first two numbers of kernel releases. */
function isAtLeast(kernel: string, wanted: string): boolean {
  const [major = 0, minor = 0] = numbersOf(kernel);
  const [wantedMajor = 0, wantedMinor = 0] = numbersOf(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
