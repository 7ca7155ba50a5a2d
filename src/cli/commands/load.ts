import { resolve } from 'node:path';
import { ImageClient } from '../../api/io-berth-image.ts';
import { UsageError } from '../arguments/args.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { printable } from '../output/printable.ts';

export const load = command({
  name: 'load',
  summary: 'Bring an image from a file or folder',
  operands: 'PATH',
  details: "Takes folders in the OCI image layout, archives of them, and what 'docker save' and 'podman save' write.",
  options: {
    input: { kind: 'texts', short: 'i', value: 'PATH', help: 'Another way to give PATH' },
    name: { kind: 'text', value: 'NAME', help: 'Call the image NAME; default: the name that stands in it' },
    tag: { kind: 'text', value: 'TAG', help: 'Which one, where it holds several' },
  },
  least: 0,
  most: 1,
  async run(args, context) {
    const [path, ...others] = [...args.operands, ...args.texts('input')];
    if (path === undefined || others.length > 0) throw new UsageError('one PATH must be given');
    const { image } = await new ImageClient(context.berthd).load({
      path: resolve(context.folder, path),
      name: args.text('name'),
      reference: args.text('tag'),
    });
    await context.output.line(`Loaded image: ${printable(image.names.at(-1) ?? image.id)}`);
    return EXIT.ok;
  },
});
