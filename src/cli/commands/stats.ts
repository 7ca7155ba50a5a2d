import { setTimeout as sleep } from 'node:timers/promises';
import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { percentInWords, sizeInWords } from '../output/humanise.ts';
import { FORMAT_OPTION, parseFormat, shortId } from '../output/listing.ts';
import type { Output } from '../output/output.ts';
import { askAgain } from '../session/persistence.ts';
import { printable } from '../output/printable.ts';
import { parseSeconds } from '../arguments/quantities.ts';
import { tableOf } from '../output/table.ts';
import { Sampler, type Sample, type Subject } from '../output/usage.ts';

export const stats = command({
  name: 'stats',
  summary: 'Show what containers use, again and again',
  operands: '[NAME…]',
  details: 'All that run, where none is named. Ends when those that are named have ended.',
  options: {
    'no-stream': { kind: 'flag', help: 'Show it once' },
    interval: { kind: 'text', short: 'i', value: 'SECONDS', help: 'How long to wait in between; default: 2' },
    format: FORMAT_OPTION,
    'no-trunc': { kind: 'flag', help: 'Print whole IDs' },
  },
  least: 0,
  most: Infinity,
  async run(args, { berthd, output }) {
    const once = args.flag('no-stream');
    const intervalMs = parseSeconds('--interval', args.text('interval') ?? '2') / 1000;
    const json = parseFormat(args.text('format')) === 'json';
    const idOf = ({ id }: Subject): string => (args.flag('no-trunc') ? id : shortId(id));
    const containers = new ContainerClient(berthd);
    const named = args.operands.length > 0 ? await subjectsNamed(args.operands, containers) : undefined;
    const sampler = new Sampler(containers);
    const screen = new Screen(output, once ? 'as-it-is' : 'drawn-over');
    for (;;) {
      const samples = await sampler.sample(named ?? (await subjectsRunning(containers)));
      if (json) await output.json(samples.map(asJson));
      else await screen.show(table(samples, idOf));
      if (once || (named !== undefined && samples.length === 0)) return EXIT.ok;
      await sleep(intervalMs);
    }
  },
});

async function subjectsNamed(names: readonly string[], containers: ContainerClient): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const container of names) {
    const { id, name, runtime } = await containers.inspect({ container });
    subjects.push({ id, name, startedAt: runtime.startedAt });
  }
  return subjects;
}

async function subjectsRunning(containers: ContainerClient): Promise<Subject[]> {
  return await askAgain(async () => {
    const subjects: Subject[] = [];
    for await (const { container } of containers.list({ states: ['running', 'paused'] })) {
      if (container === undefined) continue;
      const { id, name, runtime } = container;
      subjects.push({ id, name, startedAt: runtime.startedAt });
    }
    return subjects;
  });
}

const asJson = ({ subject: { id, name }, usage, cpuPercent, memoryPercent }: Sample): object => ({
  id,
  name,
  cpuPercent,
  memoryPercent,
  ...usage,
});

const HEADER = [
  'ID',
  'NAME',
  'CPU %',
  'MEMORY / LIMIT',
  'MEMORY %',
  'SWAP',
  'RECEIVED / SENT',
  'READ / WRITTEN',
  'PIDS',
];

function table(samples: readonly Sample[], idOf: (subject: Subject) => string): string {
  const rows = samples.map(({ subject, usage, cpuPercent, memoryPercent }) => [
    idOf(subject),
    printable(subject.name),
    percentInWords(cpuPercent),
    `${size(usage.memoryBytes)} / ${size(usage.memoryMaxBytes)}`,
    percentInWords(memoryPercent),
    size(usage.swapBytes),
    `${size(usage.receivedBytes)} / ${size(usage.sentBytes)}`,
    `${size(usage.readBytes)} / ${size(usage.writeBytes)}`,
    usage.tasks?.toString() ?? '--',
  ]);
  return tableOf(HEADER, rows);
}

const size = (bytes: number | undefined): string => (bytes === undefined ? '--' : sizeInWords(bytes));

const HOME = '\u001B[H';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

/** A table that takes the place of the last one, where it is a terminal that it goes to. */
class Screen {
  readonly #output: Output;
  readonly #mode: 'as-it-is' | 'drawn-over';
  #isFirst = true;

  constructor(output: Output, mode: 'as-it-is' | 'drawn-over') {
    this.#output = output;
    this.#mode = output.columns('stdout') === undefined ? 'as-it-is' : mode;
  }

  async show(text: string): Promise<void> {
    if (this.#mode === 'as-it-is') {
      await this.#output.line(text);
      return;
    }
    const clear = this.#isFirst ? `${HOME}${CLEAR_BELOW}` : HOME;
    this.#isFirst = false;
    const lines = text.split('\n').map((line) => `${line}${CLEAR_LINE}\n`);
    await this.#output.write('stdout', `${clear}${lines.join('')}${CLEAR_BELOW}`);
  }
}
