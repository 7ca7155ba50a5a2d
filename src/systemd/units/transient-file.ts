/**
 * The file that systemd keeps of a transient unit, and reads again at every daemon-reload. systemd 252 writes commands that came
 * as `ExecStartEx` or the like under that name, which no file may have (src/core/dbus-execute.c, `bus_set_transient_exec_command`):
 * after the next daemon-reload, such as an upgrade of any package brings, the unit has no command left.
 */
import { closeSync, fstatSync, futimesSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = '/run/systemd/transient';
const WRONG_NAME = /^(?<name>Exec[A-Z][A-Za-z]+)Ex=/gmu;

/**
 * Gives the commands in a unit's file the names that systemd reads, where it has a file. Nothing moves in it, and it seems no newer
 * than before, so that PID 1 may read it at any moment and does not ask for a daemon-reload.
 */
export function mendTransientFile(unit: string, folder = FOLDER): void {
  const file = openIfThere(join(folder, unit));
  if (file === undefined) return;
  try {
    const { atimeMs, mtimeMs } = fstatSync(file);
    const text = readFileSync(file, 'latin1');
    const mended = text.replaceAll(WRONG_NAME, '$<name>=  ');
    if (mended === text) return;
    writeSync(file, mended, 0, 'latin1');
    futimesSync(file, Math.floor(atimeMs) / 1000, Math.floor(mtimeMs) / 1000);
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined; // it has ended already
    throw error;
  }
}
