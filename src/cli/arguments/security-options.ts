import { resolve } from 'node:path';
import type { Configuration } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';
import { booleanOf } from './booleans.ts';

type Security = Pick<Configuration, 'noNewPrivileges' | 'seccompProfile' | 'maskPaths' | 'unmaskPaths'>;

export const SECURITY_OPTIONS = 'no-new-privileges|seccomp=FILE|mask=PATHS|unmask=PATHS';

/** Docker's and podman's `--security-opt`, given any number of times. @throws UsageError */
export function securityFrom(texts: readonly string[], folder: string): Security {
  let noNewPrivileges: boolean | undefined;
  let seccompProfile: string | undefined;
  const maskPaths: string[] = [];
  const unmaskPaths: string[] = [];
  for (const text of texts) {
    const { name, value } = /^(?<name>[a-z-]+)(?:[=:](?<value>.+))?$/su.exec(text)?.groups ?? {};
    const truth = booleanOf(value ?? 'true');
    if (name === 'no-new-privileges' && truth !== undefined) {
      noNewPrivileges = truth;
    } else if (name === 'seccomp' && value !== undefined) {
      seccompProfile = value === 'unconfined' ? value : resolve(folder, value);
    } else if (name === 'mask' && value !== undefined) {
      maskPaths.push(...value.split(':'));
    } else if (name === 'unmask' && value !== undefined) {
      unmaskPaths.push(...value.split(':').map((path) => (path.toUpperCase() === 'ALL' ? 'ALL' : path)));
    } else {
      throw new UsageError(`--security-opt takes ${SECURITY_OPTIONS.replaceAll('|', ', ')}, not '${text}'`);
    }
  }
  return {
    noNewPrivileges,
    seccompProfile,
    maskPaths: maskPaths.length === 0 ? undefined : maskPaths,
    unmaskPaths: unmaskPaths.length === 0 ? undefined : unmaskPaths,
  };
}
