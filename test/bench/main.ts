/**
 * `npm run bench`: berth beside podman, the runtime and the service manager, in one test machine and one run. Prints a
 * table, writes dist/bench.json, and with `--plot` draws test/bench/bench.svg, which the README shows.
 *
 * `--quick` takes a minute or two, `--seed N` decides who has his turn when, `--part relayed` measures relayed streams only.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPackage } from '../../packaging/package.ts';
import { IMAGES, imagesFolder } from '../machine/images.ts';
import { Machine } from '../machine/machine.ts';
import { plotOf } from './plot.ts';
import type { Report } from './report.ts';
import { tableOf } from './table.ts';
import { relayTargetsOf, targetsOf } from './targets.ts';

const TREE = dirname(dirname(import.meta.dirname));
/** Where the machine sees the tree. */
const SHOWN = '/srv/berth';
const LIMIT_MS = { quick: 4 * 60_000, full: 10 * 60_000 } as const;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    plot: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    part: { type: 'string', default: '' },
  },
});

const begun = performance.now();
const mode = values.quick ? 'quick' : 'full';
const found = await measure(mode, values.seed, values.part);
const report: Report = {
  at: new Date().toISOString(),
  ...found,
  seconds: Math.round((performance.now() - begun) / 1000),
  targets: values.part === '' ? targetsOf(found.rows) : relayTargetsOf(found.rows),
};
process.stdout.write(tableOf(report));
const output = join(TREE, 'dist/bench.json');
await mkdir(dirname(output), { recursive: true });
await writeFile(output, `${JSON.stringify(report, undefined, 2)}\n`);
if (values.plot && values.part === '') await writeFile(join(import.meta.dirname, 'bench.svg'), plotOf(report));

async function measure(
  mode: Report['mode'],
  seed: string,
  part: string,
): Promise<Pick<Report, 'mode' | 'seed' | 'versions' | 'rows'>> {
  const install = [await buildPackage({ types: 'unchecked' })]; // `npm run check` looks at the types
  await using machine = await Machine.boot({ install, show: { [IMAGES]: await imagesFolder(), [SHOWN]: TREE } });
  const argv = ['/usr/lib/berth/node', '--no-warnings', `${SHOWN}/test/bench/inside.ts`, mode, seed, part];
  const child = machine.spawn(argv);
  child.stdin.end();
  child.stderr.pipe(process.stderr, { end: false });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const tooLong = setTimeout(() => child.destroy(), LIMIT_MS[mode]);
  const { code } = await child.ended;
  clearTimeout(tooLong);
  if (code !== 0) {
    process.stderr.write(await machine.journal('berthd.service', '--lines=50'));
    throw new Error(`the benchmark failed in the machine (exit code ${String(code)})`);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- inside.ts wrote it
  return JSON.parse(Buffer.concat(chunks).toString()) as Pick<Report, 'mode' | 'seed' | 'versions' | 'rows'>;
}
