/**
 * The helper of berthd that goes where a container's files are. It says what a file is, or becomes the GNU tar that packs or unpacks
 * there. It reads a HelperRequest from descriptor 3, and writes there what it refuses.
 *
 * A process, and none of berthd's own threads: it can be killed wherever a container's file system lets it wait.
 */
import { fstatSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fcntl } from '../../lib/libc.ts';
import { parseRequest, type PackRequest, type UnpackRequest } from '../request.ts';
import { nameOf, statOf } from './file-stat.ts';
import {
  changeFolder,
  changeRootToWorkingFolder,
  cloneTree,
  demandWritable,
  execute,
  name,
  setAttribute,
} from './kernel.ts';
import { refusalOf } from './refused.ts';
import { enterRoot, INSIDE, type EnteredRoot } from './root.ts';
import { packArgv, TAR_ENVIRONMENT, unpackArgv } from './tar-command.ts';

const STDOUT = 1;
const STREAMS = [0, 1, 2];
const TALK = 3;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Where tar runs, and as what. */
interface Run {
  readonly folder: number;
  readonly argv: readonly string[];
}

function packing(root: EnteredRoot, { path, name: wanted, fileSystems }: PackRequest): Run {
  const called = wanted ?? nameOf(path);
  const fd = name(root.fd, path, 'link-itself', INSIDE);
  if (fstatSync(fd).isDirectory()) return { folder: fd, argv: packArgv('.', called, fileSystems) };
  const folder = name(root.fd, dirname(path), 'folder', INSIDE);
  return { folder, argv: packArgv(`./${basename(path)}`, called, fileSystems) };
}

function unpacking(root: EnteredRoot, { path, owner }: UnpackRequest): Run {
  const folder = name(root.fd, path, 'folder', INSIDE);
  demandWritable(folder);
  return { folder, argv: unpackArgv(owner) };
}

try {
  fcntl(TALK, F_SETFD, FD_CLOEXEC);
  const { root: wanted, action } = parseRequest(readFileSync(TALK, 'utf8'));
  const programs = cloneTree('/usr', 'all-below-too'); // of the host, while this is still there
  setAttribute(programs, 'readOnly', 'all-below-too');
  const root = enterRoot(wanted);
  if (action.kind === 'stat') writeFileSync(STDOUT, JSON.stringify(statOf(root, action.path)));
  else {
    const { folder, argv } = action.kind === 'pack' ? packing(root, action) : unpacking(root, action);
    changeFolder(programs);
    changeRootToWorkingFolder();
    changeFolder(folder);
    for (const stream of STREAMS) fcntl(stream, F_SETFD, 0); // Node has made them close-on-exec
    execute(argv, TAR_ENVIRONMENT);
  }
} catch (error) {
  writeFileSync(TALK, JSON.stringify(refusalOf(error)));
  process.exitCode = 1;
}
