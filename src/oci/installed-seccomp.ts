import { existsSync } from 'node:fs';

const SECCOMP_PROFILES = ['/etc/containers/seccomp.json', '/usr/share/containers/seccomp.json'];

/** Where the host's own profile is, the administrator's before the distribution's; undefined where there is none. */
export const installedSeccompProfile = (): string | undefined => SECCOMP_PROFILES.find((path) => existsSync(path));
