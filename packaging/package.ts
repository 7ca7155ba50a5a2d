/**
 * Builds dist/berth_VERSION_ARCHITECTURE.deb: the compiled sources, the Node that runs them, and of the production
 * dependencies what is needed at run time. One package for every distribution with systemd ≥ 252 and dpkg.
 *
 * Does nothing when no input changed since the last time.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { compileArgv } from './client.ts';
import { dependencyFiles } from './dependencies.ts';
import { writeDocuments } from './documents.ts';

const TREE = dirname(import.meta.dirname);
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };
/**
 * Node's options for the daemon. On a host with much memory V8 lets the young generation grow to 128 MiB and does not shrink it
 * again; a quarter of that takes no more time. Its threads that help to collect garbage take the processors from what berthd works
 * for: without them, a sixth more goes through `exec -i` on two processors, and a start takes no longer. `--expose-gc` is for
 * src/lib/memory-saver.ts.
 */
const THRIFT = ['--max-semi-space-size=16', '--single-threaded-gc', '--expose-gc'];
const INPUTS = ['dist/src', 'packaging', 'units', 'varlink', 'package.json', 'package-lock.json', 'CHANGELOG.md'];

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

/**
 * Builds the package if it is not there or not fresh.
 * @param version instead of package.json's; such a package is put beside the real one
 * @param types `unchecked` where something else checks them (a test run has a step for that)
 * @returns the file
 */
export async function buildPackage({
  version,
  types = 'checked',
}: { version?: string; types?: 'checked' | 'unchecked' } = {}): Promise<string> {
  await execute('sh', [join(TREE, 'packaging/build'), ...(types === 'checked' ? [] : ['--noCheck'])]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm has checked it
  const manifest = JSON.parse(await readFile(join(TREE, 'package.json'), 'utf8')) as Manifest;
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new Error(`no package is made for ${process.arch}`);
  const name = `berth_${version ?? manifest.version}_${architecture}`;
  const file = join(TREE, 'dist', `${name}.deb`);
  const stamp = join(TREE, 'dist', `.${name}.stamp`);
  const inputs = `${process.version} ${await stateOf(INPUTS.map((input) => join(TREE, input)))}`;
  if ((await contentOf(stamp)) === inputs && (await contentOf(file)) !== undefined) return file;

  const stage = join(TREE, 'dist', `.${name}`);
  await rm(stage, { recursive: true, force: true });
  await fill(stage, manifest.dependencies);
  await writeDocuments(stage, version ?? manifest.version);
  await writeControl(stage, version ?? manifest.version, architecture);
  await execute('dpkg-deb', ['-Zzstd', '-z3', '--root-owner-group', '--build', stage, `${file}.part`]);
  await execute('mv', [`${file}.part`, file]);
  await rm(stage, { recursive: true });
  await writeFile(stamp, inputs);
  return file;
}

/** What only who works on berth runs. */
const DEVELOPMENT = /\/dist\/src\/varlink\/(?:codegen|certification)$/u;

async function fill(stage: string, dependencies: Record<string, string>): Promise<void> {
  const from = (path: string): string => join(TREE, path);
  const library = join(stage, 'usr/lib/berth');
  const documents = join(stage, 'usr/share/doc/berth');
  const units = join(stage, 'usr/lib/systemd/system');
  for (const folder of [library, documents, units, join(stage, 'usr/bin')]) await mkdir(folder, { recursive: true });

  await execute('strip', ['--strip-unneeded', '-o', join(library, 'node'), process.execPath]);
  await cp(from('dist/src'), join(library, 'dist/src'), { recursive: true, filter: (path) => !DEVELOPMENT.test(path) });
  await cp(from('package.json'), join(library, 'package.json'));
  for (const path of await dependencyFiles(TREE, Object.keys(dependencies))) {
    await cp(from(path), join(library, path));
    if (path.endsWith('.node')) await execute('strip', ['--strip-unneeded', join(library, path)]);
  }
  await writeLauncher(join(library, 'berthd'), 'dist/src/main.js', THRIFT);
  await makeClient(join(stage, 'usr/bin/berth'), 'dist/src/cli/main.js');

  for (const unit of await readdir(from('units'))) {
    const isUnit = /\.(?:service|socket|slice|target|timer)$/.test(unit);
    await cp(from(join('units', unit)), join(isUnit ? units : library, unit)); // the rest are the units' helpers
  }
  await cp(from('varlink'), join(stage, 'usr/share/varlink'), {
    recursive: true,
    filter: (path) => !basename(path).startsWith('io.systemd.'), // those are systemd's to ship
  });
  await cp(from('packaging/tmpfiles.conf'), join(stage, 'usr/lib/tmpfiles.d/berth.conf'));
  await cp(from('packaging/sysusers.conf'), join(stage, 'usr/lib/sysusers.d/berth.conf'));
  await cp(from('packaging/debian/copyright'), join(documents, 'copyright'));
  await cp(join(dirname(dirname(process.execPath)), 'LICENSE'), join(documents, 'LICENSE.node'));
  const changelog = await contentOf(from('CHANGELOG.md'));
  if (changelog !== undefined) await writeFile(join(documents, 'changelog'), changelog);
}

/** Where there is no Bun, the client runs on Node like the daemon. */
async function makeClient(file: string, script: string): Promise<void> {
  const [compile, ...args] = compileArgv(join(TREE, script), file) ?? [];
  if (compile === undefined) await writeLauncher(file, script);
  else await execute(compile, args);
}

/** A shell costs one millisecond of start-up; a `#!` line cannot carry the options. */
async function writeLauncher(file: string, script: string, options: readonly string[] = []): Promise<void> {
  const node = ['/usr/lib/berth/node', '--no-warnings', ...options].join(' ');
  await writeFile(file, `#!/bin/sh\nexec ${node} /usr/lib/berth/${script} "$@"\n`);
  await chmod(file, 0o755);
}

async function writeControl(stage: string, version: string, architecture: string): Promise<void> {
  const { stdout } = await execute('du', ['--summarize', '--apparent-size', '--block-size=1K', stage]);
  const values: Record<string, string> = {
    VERSION: version,
    ARCHITECTURE: architecture,
    SIZE: `${parseInt(stdout, 10)}`,
  };
  const template = await readFile(join(TREE, 'packaging/debian/control'), 'utf8');
  const control = join(stage, 'DEBIAN');
  await mkdir(control);
  await writeFile(
    join(control, 'control'),
    template.replaceAll(/@(\w+)@/g, (_, key: string) => values[key] ?? ''),
  );
  for (const script of ['postinst', 'prerm', 'postrm']) {
    await cp(join(TREE, 'packaging/debian', script), join(control, script));
    await chmod(join(control, script), 0o755);
  }
  await chmodTree(stage);
}

/** Neither the umask nor the checkout's modes get into the package. */
async function chmodTree(stage: string): Promise<void> {
  await execute('chmod', ['--recursive', 'u=rwX,go=rX', stage]);
}

/** @throws Error with everything the program printed */
async function execute(file: string, args: readonly string[]): Promise<{ stdout: string }> {
  return await new Promise((resolve, reject) => {
    execFile(file, args, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout });
      else reject(new Error(`${file} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause: error }));
    });
  });
}

/** A digest over names, modes and contents of all files below the paths. */
async function stateOf(paths: readonly string[]): Promise<string> {
  const digest = createHash('sha256');
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    const below = found.isDirectory() ? await readdir(path, { recursive: true }) : [''];
    for (const name of below.toSorted()) {
      const file = join(path, name);
      const found = await stat(file);
      digest.update(`${relative(TREE, file)} ${found.mode.toString()}\n`);
      if (!found.isDirectory()) digest.update(await readFile(file));
    }
  }
  return digest.digest('hex');
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) process.stdout.write(`${relative(process.cwd(), await buildPackage())}\n`);
