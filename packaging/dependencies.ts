/** Which files of node_modules berth needs at run time: no sources, no documents, nothing for other platforms. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Needed to install or build others only. */
const BUILD_ONLY = new Set(['node-gyp', 'nan', 'node-addon-api', 'prebuild-install']);
const SKIPPED_FOLDERS = new Set(
  'node_modules test tests __tests__ doc docs example examples benchmark benchmarks typings types third_party deps obj.target'.split(
    ' ',
  ),
);
const KEPT = /(?:\.[cm]?js|\.json|\.node)$|(?:^|\/)(?:LICEN[CS]E|COPYING|NOTICE)[^/]*$/i;

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** The files, relative to the tree, that the named packages and all they depend on need. */
export async function dependencyFiles(tree: string, names: readonly string[]): Promise<string[]> {
  const folders = new Set<string>();
  const visit = (name: string, from: string): void => {
    const folder = BUILD_ONLY.has(name) ? undefined : resolvePackage(tree, name, from);
    if (folder === undefined || folders.has(folder)) return; // optional ones of other platforms are not there
    folders.add(folder);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm has checked it
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    for (const next of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) visit(next, folder);
  };
  for (const name of names) visit(name, tree);
  const files = await Promise.all([...folders].map(async (folder) => await filesOf(folder)));
  return files.flat().map((file) => relative(tree, file));
}

/** The folder that `require(name)` means in a file of `from`, as Node looks it up. */
function resolvePackage(tree: string, name: string, from: string): string | undefined {
  for (let folder = from; folder.startsWith(tree); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
  }
  return undefined;
}

async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) found.push(...(await filesOf(path)));
    } else if (KEPT.test(entry.name) && isForThisPlatform(path)) {
      found.push(path);
    }
  }
  return found;
}

/** Prebuilt addons carry their platform in the path; those built here lie in build/Release. */
function isForThisPlatform(path: string): boolean {
  if (!path.endsWith('.node')) return !/\.test\.[cm]?js$/.test(path);
  return path.includes('/build/Release/') || /\/linux[-_](\w+)(?:\/[^/]*)?\.node$/.exec(path)?.[1] === process.arch;
}
