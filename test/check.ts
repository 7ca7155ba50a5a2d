/**
 * What can be said of the tree without running it: generated files are fresh, the format, the linter, the types, the
 * direction of imports, and that nothing is unused. As many at once as there are processors.
 */
import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { printTally, type Tally } from './tally.ts';

const ROOT = dirname(import.meta.dirname);

/** The slowest first. */
const STEPS: Record<string, readonly string[]> = {
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  'types of the tests': ['tsc', '-p', 'test/tsconfig.json', '--noEmit'],
  types: ['tsc', '-p', 'tsconfig.json', '--noEmit'],
  'unused code': ['knip', '--no-progress'],
  imports: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src'],
  format: ['prettier', '--check', '--log-level=warn', '.'],
  'generated files': ['node', 'src/varlink/codegen/main.ts', 'varlink', 'src/api', '--check'],
};

/** Runs all steps, and prints of each how it went, and what it said when it failed. */
export async function runChecks(): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const steps = Object.entries(STEPS);
  const worker = async (): Promise<void> => {
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      const [name, argv] = step;
      const begun = performance.now();
      const { code, output } = await run(argv);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      tally[code === 0 ? 'passed' : 'failed']++;
      process.stdout.write(
        code === 0 ? `ok ${name} (${seconds} s)\n` : `FAILED ${name}: ${argv.join(' ')}\n${output}\n`,
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return tally;
}

async function run([file = '', ...args]: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended]);
  return { code, output: `${stdout.toString()}${stderr.toString()}` };
}

if (import.meta.main) printTally(await runChecks());
