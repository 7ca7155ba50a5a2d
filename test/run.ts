/**
 * Runs the named stages one after another (`check`, `unit`, `machine`) and ends with one line over all of them:
 * `N passed, N failed`, and the skipped ones if there are any. Exit code 1 if anything failed, or nothing ran.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runChecks } from './check.ts';
import { printTally, type Tally, total } from './tally.ts';

const ROOT = dirname(import.meta.dirname);

const STAGES: Record<string, () => Promise<Tally>> = {
  check: runChecks,
  unit: async () => await runProject('unit'),
  machine: async () => await runProject('machine'),
};

/** What we read of vitest's JSON report. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

async function runProject(project: string): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-report-'));
  try {
    const file = join(folder, 'report.json');
    const argv = ['run', '--config=test/vitest.config.ts', `--project=${project}`];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const child = spawn('vitest', [...argv, ...reporters], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
    const [code] = (await once(child, 'close')) as [number | null];
    const report = await readReport(file);
    if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }; // the set-up failed, and has said why
    const failed = report.numFailedTests + report.testResults.filter(failedToLoad).length;
    return {
      passed: report.numPassedTests,
      failed: code === 0 ? failed : Math.max(failed, 1), // an unhandled error belongs to no test
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

const failedToLoad = ({ status, assertionResults }: Report['testResults'][number]): boolean =>
  status === 'failed' && !assertionResults.some((result) => result.status === 'failed');

const names = process.argv.slice(2);
const unknown = names.filter((name) => STAGES[name] === undefined);
if (names.length === 0 || unknown.length > 0) {
  process.stderr.write(`usage: node test/run.ts ${Object.keys(STAGES).join('|')}...\n`);
  process.exit(2);
}
const tallies: Tally[] = [];
for (const name of names) {
  process.stdout.write(`== ${name}\n`);
  tallies.push((await STAGES[name]?.()) ?? { passed: 0, failed: 1, skipped: 0 });
}
printTally(total(tallies));
