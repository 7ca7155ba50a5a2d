/** What netavark prints, parsed. */
import * as v from 'valibot';
import { NetavarkFailed } from './errors.ts';
import type { NetavarkVersion } from './netavark.ts';

const Version = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ version: v.string(), default_fw_driver: v.optional(v.string(), '') }),
);
const Failure = v.pipe(v.string(), v.parseJson(), v.object({ error: v.string() }));

/** @throws NetavarkFailed */
export function versionIn(stdout: string): NetavarkVersion {
  const parsed = v.safeParse(Version, stdout);
  if (!parsed.success) throw new NetavarkFailed(`its version cannot be read: ${v.summarize(parsed.issues)}`);
  return { version: parsed.output.version, firewallDriver: parsed.output.default_fw_driver };
}

/**
 * Why it failed. It says so as JSON on its standard output, unless it ended in a panic; nft says more than netavark does of it.
 * An answer without any interface, which it gives with success for a network that it was told nothing of, is a failure too.
 * @returns undefined where it said nothing
 */
export function messageIn(stdout: string, stderr: string): string | undefined {
  const failure = v.safeParse(Failure, stdout);
  const panic = /panicked at [^\n]*\n(?<message>[^\n]*)/u.exec(stderr)?.groups?.['message'];
  const ofNft = /^(?:\S+: )?Error: (?<message>.*)$/mu.exec(stderr)?.groups?.['message'];
  const said = failure.success ? failure.output.error : panic;
  if (said !== undefined) return ofNft === undefined ? said : `${said}: ${ofNft}`;
  const lines = stderr.trim().split('\n');
  if (stdout.trim() === '{}') return 'it set up nothing';
  return lines.at(-1) === '' ? undefined : lines.at(-1);
}
