/** What crun and runc print: states, as the OCI runtime specification has them, and what they can. */
import * as v from 'valibot';
import { TextMap } from '../lib/text-map.ts';
import type { RuntimeFeatures, RuntimeState } from './runtime.ts';

const STATUSES = ['creating', 'created', 'running', 'paused', 'stopped'] as const;
const State = v.object({
  id: v.string(),
  status: v.picklist(STATUSES),
  pid: v.number(),
  bundle: v.string(),
  created: v.optional(v.string()),
});
const StateText = v.pipe(v.string(), v.parseJson(), State);
const FeaturesText = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    ociVersionMin: v.optional(v.string()),
    ociVersionMax: v.optional(v.string()),
    mountOptions: v.optional(v.array(v.string()), []),
    annotations: v.optional(TextMap, {}),
    linux: v.optional(
      v.object({
        namespaces: v.optional(v.array(v.string()), []),
        capabilities: v.optional(v.array(v.string()), []),
        cgroup: v.optional(v.object({ v2: v.optional(v.boolean()), systemd: v.optional(v.boolean()) })),
        seccomp: v.optional(v.object({ actions: v.optional(v.nullable(v.array(v.string()))) })),
      }),
    ),
  }),
);

/** @throws ValiError for what is no state */
export const parseState = (text: string): RuntimeState => stateOf(v.parse(StateText, text));

const stateOf = ({ id, status, pid, bundle, created }: v.InferOutput<typeof State>): RuntimeState => ({
  id,
  status,
  pid: pid === 0 ? undefined : pid,
  bundle,
  createdAt: created === undefined ? undefined : new Date(created),
});

/**
 * @param versionText what `--version` prints
 * @param featuresText what `features` prints: JSON, an empty object from those that do not know it
 * @throws ValiError
 */
export function featuresFrom(versionText: string, featuresText: string): Omit<RuntimeFeatures, 'manageCgroupsModes'> {
  const {
    ociVersionMin: min,
    ociVersionMax: max,
    mountOptions,
    annotations,
    linux,
  } = v.parse(FeaturesText, featuresText);
  return {
    version: /version (?<version>\S+)/.exec(versionText)?.groups?.['version'] ?? '',
    ociVersion: min === undefined || max === undefined ? undefined : { min, max },
    checkpoint: canCheckpoint(versionText, annotations) ? 'supported' : 'unsupported',
    cgroupManagers: linux?.cgroup?.systemd === true ? ['cgroupfs', 'systemd'] : ['cgroupfs'],
    mountOptions,
    namespaces: linux?.namespaces ?? [],
    capabilities: linux?.capabilities ?? [],
    seccompActions: linux?.seccomp?.actions ?? [],
    annotations,
  };
}

/** crun says whether it was built with CRIU; runc always calls the program. */
const canCheckpoint = (versionText: string, annotations: Readonly<Record<string, string>>): boolean =>
  /\+CRIU/.test(versionText) ||
  'org.opencontainers.runc.checkpoint.enabled' in annotations ||
  versionText.startsWith('runc');
