import type { PullProgress } from '../../api/io-berth-image.ts';
import type { Context } from '../command.ts';
import type { Output } from './output.ts';
import { sizeInWords } from './humanise.ts';
import { printable, shortened } from './printable.ts';

/** How far a pull is, on standard error. */
export interface PullDisplay extends AsyncDisposable {
  readonly show: (progress: PullProgress) => Promise<void>;
}

/** One line that is drawn again and again on a terminal, a line for each step anywhere else. */
export function pullDisplayFor(image: string, { output, now }: Pick<Context, 'output' | 'now'>): PullDisplay {
  const columns = output.columns('stderr');
  return columns === undefined ? new Lines(image, output) : new StatusLine(image, output, now, columns);
}

const shortDigest = (digest: string | undefined): string =>
  printable((digest ?? '').replace(/^sha256:/u, '').slice(0, 12));

class Lines implements PullDisplay {
  readonly #image: string;
  readonly #output: Output;

  constructor(image: string, output: Output) {
    this.#image = image;
    this.#output = output;
  }

  async show(progress: PullProgress): Promise<void> {
    const sentence = this.#sentenceFor(progress);
    if (sentence !== undefined) await this.#output.write('stderr', `${sentence}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is left to take back.
  }

  #sentenceFor({ step, digest }: PullProgress): string | undefined {
    switch (step) {
      case 'resolving':
        return `Looking up ${printable(this.#image)}`;
      case 'layer':
        return `Fetching layer ${shortDigest(digest)}`;
      case 'present':
        return `Layer ${shortDigest(digest)} is here already`;
      case 'fetching':
        return undefined; // who reads lines wants none for each hundred kilobytes
      case 'configuration':
        return `Fetching configuration ${shortDigest(digest)}`;
      case 'storing':
        return 'Writing the image to the store';
    }
  }
}

const FRAMES = '⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧ ⠇ ⠏'.split(' ');
const FRAME_MS = 100;
const BAR_COLUMNS = 20;

class StatusLine implements PullDisplay {
  readonly #image: string;
  readonly #output: Output;
  readonly #now: () => Date;
  readonly #columns: number;
  readonly #begun: number;
  readonly #timer: NodeJS.Timeout;
  readonly #counts = { layer: 0, present: 0 };
  #step: PullProgress['step'] = 'resolving';
  #fetched: { readonly bytes: number; readonly totalBytes: number | undefined } | undefined;
  #frame = 0;

  constructor(image: string, output: Output, now: () => Date, columns: number) {
    this.#image = image;
    this.#output = output;
    this.#now = now;
    this.#columns = columns;
    this.#begun = now().getTime();
    this.#timer = setInterval(() => {
      this.#frame = (this.#frame + 1) % FRAMES.length;
      // One that is not shown is made up for by the next.
      this.#draw().catch(() => undefined);
    }, FRAME_MS);
  }

  async show({ step, fetchedBytes, totalBytes }: PullProgress): Promise<void> {
    if (fetchedBytes !== undefined) this.#fetched = { bytes: fetchedBytes, totalBytes };
    this.#step = step;
    if (step === 'layer' || step === 'present') this.#counts[step]++;
    await this.#draw();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#output.write('stderr', '\r\u001B[K');
  }

  async #draw(): Promise<void> {
    const seconds = Math.floor((this.#now().getTime() - this.#begun) / 1000);
    const words = [
      `Pulling ${printable(this.#image)}: ${this.#doing()}`,
      ...(seconds > 0 ? [`${seconds.toString()} s`] : []),
    ];
    const line = shortened(`${FRAMES[this.#frame] ?? ''} ${words.join(', ')}`, this.#columns - 1);
    await this.#output.write('stderr', `\r${line}\u001B[K`);
  }

  #doing(): string {
    if (this.#step === 'resolving') return 'looking it up';
    if (this.#step === 'storing') return 'writing it to the store';
    const { layer, present } = this.#counts;
    const layers = `fetching ${layer.toString()} ${layer === 1 ? 'layer' : 'layers'}`;
    const words = [...this.#amount(), layers, ...(present === 0 ? [] : [`${present.toString()} here already`])];
    return words.join(', ');
  }

  /** With a bar once it is known how much there will be. */
  #amount(): string[] {
    if (this.#fetched === undefined) return [];
    const { bytes, totalBytes } = this.#fetched;
    if (totalBytes === undefined || totalBytes === 0) return [sizeInWords(bytes)];
    const full = Math.round((bytes / totalBytes) * BAR_COLUMNS);
    const bar = `${'━'.repeat(full)}${'╌'.repeat(BAR_COLUMNS - full)}`;
    return [`${bar} ${sizeInWords(bytes)} of ${sizeInWords(totalBytes)}`];
  }
}
