import { accessSync, constants } from 'node:fs';
import { CliNetavark } from './cli-netavark.ts';

/** Debian's folder, and everybody else's. */
const FOLDERS = ['/usr/lib/podman', '/usr/libexec/podman', '/usr/bin', '/usr/local/libexec/podman'];

/** undefined where netavark is not installed. Looked for at each call: a package may come at any time. */
export function installedNetavark(): CliNetavark | undefined {
  const path = find('netavark');
  return path === undefined ? undefined : new CliNetavark(path, find('aardvark-dns'));
}

const find = (name: string): string | undefined => FOLDERS.map((folder) => `${folder}/${name}`).find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // which is the answer
  }
}
