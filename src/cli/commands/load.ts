import { resolve } from 'node:path';
import { ImageClient } from '../../api/io-berth-image.ts';
import { UsageError } from '../arguments/args.ts';
import { command, type Context } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { printable } from '../output/printable.ts';
import { spooled } from '../spool.ts';

export const load = command({
  name: 'load',
  summary: 'Bring images from a file or folder',
  operands: '[PATH]',
  details:
    "Takes folders in the OCI image layout, archives of them, and what 'docker save' and 'podman save' write, with all the images\n" +
    'in them. Without PATH it reads an archive from standard input.',
  options: {
    input: { kind: 'texts', short: 'i', value: 'PATH', help: 'Another way to give PATH' },
    name: { kind: 'text', value: 'NAME', help: 'Call the only image NAME; default: the names that stand in it' },
    tag: { kind: 'text', value: 'TAG', help: 'Only the one that has this tag or whole name there' },
    quiet: { kind: 'flag', short: 'q', help: 'Only print names, or IDs of images without one' },
  },
  least: 0,
  most: 1,
  async run(args, context) {
    const [path, ...others] = [...args.operands, ...args.texts('input')];
    if (others.length > 0) throw new UsageError('only one PATH can be given');
    await using source = path === undefined || path === '-' ? await standardInput(context) : undefined;
    const { images } = await new ImageClient(context.berthd).load({
      path: source?.path ?? resolve(context.folder, path ?? ''),
      name: args.text('name'),
      reference: args.text('tag'),
    });
    for (const { image, names } of images)
      for (const name of names.length === 0 ? [`sha256:${image.id}`] : names)
        await context.output.line(args.flag('quiet') ? printable(name) : `Loaded image: ${printable(name)}`);
    return EXIT.ok;
  },
});

async function standardInput(context: Context): ReturnType<typeof spooled> {
  if (context.input.isTerminal()) throw new UsageError('an archive is not read from a terminal; give PATH');
  return await spooled(context.input.open(), context);
}
