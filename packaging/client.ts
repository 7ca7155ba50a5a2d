/**
 * The command line as one executable, by Bun: Node needs 40 ms before it runs the first line, which is more than all of
 * `podman ps`; this one has answered in half of that. The daemon stays on Node.
 */
import { createRequire } from 'node:module';

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x64-baseline', arm64: 'aarch64' };

/** What a current folder has to say to programs made with Bun is nothing to this one. */
const OPTIONS = [
  // Without splitting, every command would load what any of them imports.
  ...'--compile --minify --bytecode --splitting --format=esm --target=bun'.split(' '),
  ...'--no-compile-autoload-dotenv --no-compile-autoload-bunfig'.split(' '),
];

/** The command that makes `output` of a script; undefined where npm has no Bun for this architecture. */
export function compileArgv(script: string, output: string): string[] | undefined {
  const bun = bunHere();
  return bun === undefined ? undefined : [bun, 'build', ...OPTIONS, script, `--outfile=${output}`];
}

function bunHere(): string | undefined {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) return undefined;
  try {
    return createRequire(import.meta.url).resolve(`@oven/bun-linux-${architecture}/bin/bun`);
  } catch {
    return undefined;
  }
}
