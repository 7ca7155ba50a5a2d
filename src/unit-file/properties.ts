/**
 * Properties for StartTransientUnit and SetUnitProperties, by the D-Bus types of org.freedesktop.systemd1(5). What a
 * person writes (`MemoryMax=1G`) is for `assignments.ts`.
 */
/** One property with its D-Bus type; built below, or by `assignments.ts`. Structs are arrays. */
export interface UnitProperty {
  readonly name: string;
  readonly signature: string;
  readonly value: unknown;
}

const INFINITY = 2n ** 64n - 1n;

export const text = (name: string, value: string): UnitProperty => ({ name, signature: 's', value });
export const bool = (name: string, value: boolean): UnitProperty => ({ name, signature: 'b', value });
export const i32 = (name: string, value: number): UnitProperty => ({ name, signature: 'i', value });
export const u32 = (name: string, value: number): UnitProperty => ({ name, signature: 'u', value });
export const u32s = (name: string, value: readonly number[]): UnitProperty => ({ name, signature: 'au', value });
export const u64 = (name: string, value: bigint | number | 'infinity'): UnitProperty => ({
  name,
  signature: 't',
  value: value === 'infinity' ? INFINITY : BigInt(value),
});
/** A span: `name` ends in `USec`. */
export const usec = (name: string, ms: number | 'infinity'): UnitProperty =>
  u64(name, ms === 'infinity' ? ms : Math.round(ms * 1000));
export const strings = (name: string, value: readonly string[]): UnitProperty => ({ name, signature: 'as', value });
/** Bytes that need not be text: `LogExtraFields` takes these, one array for each `FIELD=value`. */
export const byteStrings = (name: string, value: readonly (string | Uint8Array)[]): UnitProperty => ({
  name,
  signature: 'aay',
  value: value.map((each) => (typeof each === 'string' ? Buffer.from(each, 'utf8') : each)),
});
/** The kernel passes a duplicate: `StandardInputFileDescriptor`, `…Output…`, `…Error…`. */
export const fd = (name: string, descriptor: number): UnitProperty => ({ name, signature: 'h', value: descriptor });

/** The prefixes of command lines in systemd.service(5): `-`, `+`, `:`, `!`, `!!`. */
export type ExecFlag = 'ignore-failure' | 'privileged' | 'no-env-expand' | 'no-setuid' | 'ambient' | 'via-shell';

export interface ExecCommand {
  readonly path: string;
  /** With argv[0]. */
  readonly argv: readonly string[];
  readonly flags?: readonly ExecFlag[];
}

/** @param name `ExecStart`, `ExecStartPre`, …: without the `Ex` that the property of this type has in systemd ≥ 243 */
export const exec = (name: `Exec${string}`, commands: readonly ExecCommand[]): UnitProperty => ({
  name: `${name}Ex`,
  signature: 'a(sasas)',
  value: commands.map(({ path, argv, flags = [] }) => [path, argv, flags]),
});

/** `SuccessExitStatus`, `RestartPreventExitStatus`, `RestartForceExitStatus`: exit codes, and signals by number. */
export const exitStatusSet = (
  name: string,
  { codes = [], signals = [] }: { readonly codes?: readonly number[]; readonly signals?: readonly number[] },
): UnitProperty => ({ name, signature: '(aiai)', value: [codes, signals] });
