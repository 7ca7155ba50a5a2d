import type { PullProgress } from '../api/io-berth-image.ts';
import type { Context } from './command.ts';
import type { Output } from './output.ts';
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
    await this.#output.write('stderr', `${this.#sentenceFor(progress)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is left to take back.
  }

  #sentenceFor({ step, digest }: PullProgress): string {
    switch (step) {
      case 'resolving':
        return `Looking up ${printable(this.#image)}`;
      case 'layer':
        return `Fetching layer ${shortDigest(digest)}`;
      case 'present':
        return `Layer ${shortDigest(digest)} is here already`;
      case 'configuration':
        return `Fetching configuration ${shortDigest(digest)}`;
      case 'storing':
        return 'Writing the image to the store';
    }
  }
}

const FRAMES = '⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧ ⠇ ⠏'.split(' ');
const FRAME_MS = 100;

class StatusLine implements PullDisplay {
  readonly #image: string;
  readonly #output: Output;
  readonly #now: () => Date;
  readonly #columns: number;
  readonly #begun: number;
  readonly #timer: NodeJS.Timeout;
  readonly #counts = { layer: 0, present: 0 };
  #step: PullProgress['step'] = 'resolving';
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

  async show({ step }: PullProgress): Promise<void> {
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
    const fetched = `fetching ${layer.toString()} ${layer === 1 ? 'layer' : 'layers'}`;
    return present === 0 ? fetched : `${fetched}, ${present.toString()} here already`;
  }
}
