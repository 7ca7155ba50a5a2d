import { UsageError } from '../arguments/args.ts';
import { command, type Command, type Context, type Entries, type Groups } from '../command.ts';
import type { CompletionTable } from '../completion/table.ts';
import { EXIT } from '../output/exit-codes.ts';

/** The scripts. */
const SHELLS = {
  bash: async (table: CompletionTable): Promise<string> =>
    (await import('../completion/bash.ts')).bashCompletion(table),
  zsh: async (table: CompletionTable): Promise<string> => (await import('../completion/zsh.ts')).zshCompletion(table),
} as const;

/** What the scripts ask for when they are used. */
const NAMES = {
  async containers({ berthd }: Context): Promise<string> {
    const { ContainerClient } = await import('../../api/io-berth-container.ts');
    let names = '';
    for await (const { container } of new ContainerClient(berthd).list()) {
      if (container !== undefined) names += `${container.name}\n`;
    }
    return names;
  },
  async images({ berthd }: Context): Promise<string> {
    const { ImageClient } = await import('../../api/io-berth-image.ts');
    let names = '';
    for await (const { image } of new ImageClient(berthd).list()) {
      for (const name of image?.names ?? []) names += `${name}\n`;
    }
    return names;
  },
} as const;

/** @param entries every verb, itself among them. @param groups their other names */
export const completionOf = (entries: Entries, groups: Groups): Command =>
  command({
    name: 'completion',
    summary: 'Print the completion of command lines for a shell',
    operands: 'bash|zsh|containers|images',
    details:
      "The package installs both scripts; 'source <(berth completion bash)' does without it. With containers or images,\n" +
      'prints their names, which is what the scripts ask for.',
    options: {},
    least: 1,
    most: 1,
    async run({ operands: [what = ''] }, context) {
      if (what === 'containers' || what === 'images') {
        await context.output.write('stdout', await NAMES[what](context));
      } else if (what === 'bash' || what === 'zsh') {
        const { completionTable } = await import('../completion/table.ts');
        await context.output.write('stdout', await SHELLS[what](await completionTable(entries, groups)));
      } else {
        throw new UsageError(`there is a completion for bash and for zsh, not for '${what}'`);
      }
      return EXIT.ok;
    },
  });
