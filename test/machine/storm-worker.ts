/** One of those who use berth's command line in a storm: each has a container of its own, and knows how everything has to end. */
import type { Machine } from './machine.ts';
import type { Outcome } from './process.ts';
import type { Dice } from './walk-model.ts';

/** What berth says of itself where it could not do what it was asked for. */
const OWN_FAILURE = 125;
/** Nothing that is asked for here takes a second; berthd is away for half of one. */
const NEVER_MS = 60_000;
/** berthd was killed under a call that cannot be taken up again. */
const CUT_OFF = /closed the connection|cannot be reached|connection/;

export interface Told {
  readonly operations: number;
  /** How many of them ended with a sentence instead of their code. */
  readonly sentences: number;
}

export class StormWorker {
  readonly #machine: Machine;
  readonly #dice: Dice;
  readonly #name: string;
  readonly #code: number;
  /** Codes that nothing asked for is to blame for: the runtime of a command was killed, and the command with it. */
  readonly #hazards: readonly number[];
  readonly wrong: string[] = [];
  #operations = 0;
  #sentences = 0;

  /** @param hazards codes of commands whose runtime may be killed */
  constructor(machine: Machine, dice: Dice, number: number, hazards: readonly number[]) {
    this.#machine = machine;
    this.#dice = dice;
    this.#name = `storm-${number.toString()}`;
    this.#code = 10 + number;
    this.#hazards = hazards;
  }

  get told(): Told {
    return { operations: this.#operations, sentences: this.#sentences };
  }

  /** Makes its container run, and does one thing with it. */
  async operate(): Promise<void> {
    await this.#up();
    await this.#dice.pick([
      async () => await this.#exec(),
      async () => await this.#execInput(),
      async () => await this.#run(),
      async () => await this.#attach(),
      async () => await this.#stop(),
      async () => await this.#kill(),
      async () => await this.#pause(),
      async () => await this.#logs(),
    ])();
    this.#operations++;
  }

  /** Its container goes. */
  async leave(): Promise<void> {
    await this.#insist('rm', '--force', this.#name);
  }

  async #exec(): Promise<void> {
    const code = 1 + this.#dice.below(100);
    await this.#expect(code, this.#hazards, ['exec', this.#name, 'sh', '-c', `echo said; exit ${code.toString()}`]);
  }

  async #execInput(): Promise<void> {
    const code = 1 + this.#dice.below(100);
    const script = `read -r line; exit ${code.toString()}`;
    await this.#expect(code, this.#hazards, ['exec', '-i', this.#name, 'sh', '-c', script], 'line\n');
  }

  /** A container that ends by itself has its code, whoever was killed meanwhile, if it ever ran. */
  async #run(): Promise<void> {
    const name = `${this.#name}-once`;
    const code = 1 + this.#dice.below(100);
    const script = `echo said; exit ${code.toString()}`;
    const made = await this.#berth(['run', '--name', name, 'plain', 'sh', '-c', script]);
    if (made.code !== code && !this.#isTold(made)) this.#complain(['run'], code, made);
    const found = await this.#insist('inspect', name);
    if (found.code === 0 && /"(?:state|status)": *"(?:exited|running|stopping)"/i.test(found.stdout.toString())) {
      const waited = await this.#insist('wait', name);
      const codes = [code, ...(made.code === code ? [] : this.#hazards)].map(String);
      if (!codes.includes(waited.text())) this.#complain(['wait', name], code, waited);
    }
    await this.#insist('rm', '--force', name);
  }

  async #attach(): Promise<void> {
    const attached = this.#berth(['attach', '--no-stdin', this.#name]);
    const stopped = await this.#insist('stop', this.#name);
    const outcome = await attached;
    // It may have come too late for that.
    if (![this.#code, OWN_FAILURE].includes(outcome.code ?? -1)) this.#complain(['attach'], this.#code, outcome);
    if (stopped.code !== 0 && !this.#isTold(stopped)) this.#complain(['stop'], 0, stopped);
    await this.#ended(this.#code);
  }

  async #stop(): Promise<void> {
    await this.#insist('stop', this.#name);
    await this.#ended(this.#code);
  }

  async #kill(): Promise<void> {
    await this.#insist('kill', this.#name);
    await this.#ended(137);
  }

  async #pause(): Promise<void> {
    await this.#insist('pause', this.#name);
    await this.#insist('unpause', this.#name);
  }

  async #logs(): Promise<void> {
    const outcome = await this.#berth(['logs', this.#name]);
    if (outcome.code !== 0 && !this.#isTold(outcome)) this.#complain(['logs'], 0, outcome);
  }

  async #up(): Promise<void> {
    if ((await this.#insist('inspect', this.#name)).code !== 0) {
      const script = `trap "exit ${this.#code.toString()}" TERM; echo up; while :; do sleep 1000 & wait; done`;
      await this.#insist('create', '--name', this.#name, 'plain', 'sh', '-c', script);
    }
    // A PID 1 does not hear a signal before it has a trap for it.
    const unit = `berth-${this.#name}.service`;
    const heeds = `while systemctl is-active --quiet ${unit}; do
      mask=$(sed -n 's/^SigCgt:.//p' /proc/$(systemctl show -P MainPID ${unit})/status)
      [ $((0x\${mask:-0} & 0x4000)) = 0 ] || exit 0
    done 2>/dev/null
    exit 1`;
    do await this.#insist('start', this.#name);
    while ((await this.#machine.exec(['sh', '-c', heeds], { timeoutMs: NEVER_MS })).code !== 0);
  }

  async #ended(code: number): Promise<void> {
    const waited = await this.#insist('wait', this.#name);
    if (waited.text() !== code.toString()) this.#complain(['wait', this.#name], code, waited);
  }

  async #expect(code: number, others: readonly number[], argv: readonly string[], input?: string): Promise<void> {
    const outcome = await this.#berth(argv, input);
    if (outcome.code === code || others.includes(outcome.code ?? -1)) return;
    if (this.#isTold(outcome)) this.#sentences++;
    else this.#complain(argv, code, outcome);
  }

  /** Asks until somebody answers, as who has lost his connection does. */
  async #insist(...argv: readonly string[]): Promise<Outcome> {
    for (;;) {
      const outcome = await this.#berth(argv);
      if (outcome.code !== OWN_FAILURE || !CUT_OFF.test(outcome.stderr.toString())) return outcome;
    }
  }

  async #berth(argv: readonly string[], input?: string): Promise<Outcome> {
    return await this.#machine.exec(['berth', ...argv], { timeoutMs: NEVER_MS, ...(input !== undefined && { input }) });
  }

  #isTold({ code, stderr }: Outcome): boolean {
    return code === OWN_FAILURE && stderr.toString().startsWith('berth: ');
  }

  #complain(argv: readonly string[], wanted: number, { code, signal, stdout, stderr }: Outcome): void {
    const had = `${String(code ?? signal)} ${stdout.toString()} ${stderr.toString()}`;
    this.wrong.push(`${this.#name}: ${argv.join(' ')}: ${wanted.toString()} was to come of it, and that was ${had}`);
  }
}
