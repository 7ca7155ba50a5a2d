/** Which runtimes this host has. */
import { accessSync, constants } from 'node:fs';
import { CliRuntime } from './cli-runtime.ts';
import { PROGRAM_FOLDERS } from './program-folders.ts';
import { RUNTIME_NAMES } from './runtime.ts';

/** The runtimes that are installed, in berth's order of preference. @param root each keeps its records in a folder below */
export function installedRuntimes(root: string): CliRuntime[] {
  return RUNTIME_NAMES.flatMap((name) => {
    const path = PROGRAM_FOLDERS.map((folder) => `${folder}/${name}`).find(isExecutable);
    return path === undefined ? [] : [new CliRuntime({ name, path, root: `${root}/${name}` })];
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
