import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { ImageClient, type Transport } from '../../api/io-berth-image.ts';
import { UsageError } from '../arguments/args.ts';
import { command, type Context } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { withNewPath } from '../spool.ts';

/** By podman's names. */
const TRANSPORTS: Readonly<Record<string, Transport>> = {
  'oci-archive': 'oci_archive',
  'docker-archive': 'docker_archive',
  'oci-dir': 'oci',
};

export const save = command({
  name: 'save',
  summary: 'Write images to a file, a folder or standard output',
  operands: 'IMAGE…',
  details:
    "'berth load' brings them back, under the names that are given here. What is there already is not written over.\n" +
    'Without --output it writes an archive to standard output.',
  options: {
    output: { kind: 'text', short: 'o', value: 'PATH', help: 'Where to' },
    format: { kind: 'text', value: Object.keys(TRANSPORTS).join('|'), help: 'In which form; default: oci-archive' },
  },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const images = args.operands;
    const transport = transportFrom(args.text('format'));
    const output = args.text('output');
    const written = async (path: string): Promise<void> => {
      await new ImageClient(context.berthd).save({ images, path, transport });
    };
    if (output !== undefined && output !== '-') await written(resolve(context.folder, output));
    else await toStandardOutput(context, transport, written);
    return EXIT.ok;
  },
});

async function toStandardOutput(
  context: Context,
  transport: Transport | undefined,
  written: (path: string) => Promise<void>,
): Promise<void> {
  if (transport === 'oci') throw new UsageError('a folder cannot be written to standard output; give --output PATH');
  if (context.output.columns('stdout') !== undefined)
    throw new UsageError('an archive is not written to a terminal; give --output PATH');
  await withNewPath(context, async (path) => {
    await written(path);
    for await (const chunk of createReadStream(path))
      if (chunk instanceof Uint8Array) await context.output.write('stdout', chunk);
  });
}

function transportFrom(text: string | undefined): Transport | undefined {
  if (text === undefined) return undefined;
  const transport = Object.hasOwn(TRANSPORTS, text) ? TRANSPORTS[text] : undefined;
  if (transport !== undefined) return transport;
  throw new UsageError(`--format takes ${Object.keys(TRANSPORTS).join(', ')}, not '${text}'`);
}
