import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { parseSeccompProfile, type SeccompResolver } from '../oci-spec/seccomp.ts';

const SECCOMP_PROFILES = ['/etc/containers/seccomp.json', '/usr/share/containers/seccomp.json'];

/** The distribution's profile; undefined where it ships none. @throws SeccompProfileInvalid */
export async function seccompProfile(): Promise<SeccompResolver | undefined> {
  for (const path of SECCOMP_PROFILES) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
    if (text !== undefined) return parseSeccompProfile(text, { architecture: process.arch, kernel: release() });
  }
  return undefined;
}
