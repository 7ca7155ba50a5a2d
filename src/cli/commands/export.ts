import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ContainerClient } from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import { command } from '../command.ts';
import { archiveFrom } from '../copy/container-archive.ts';
import { EXIT } from '../output/exit-codes.ts';

export const exportContainer = command({
  name: 'export',
  summary: 'Write the files of a container as a tar archive',
  operands: 'CONTAINER',
  details:
    'The root file system, without what is mounted in it, whether the container runs or not. Without --output it goes to\n' +
    'standard output.',
  options: {
    output: {
      kind: 'text',
      short: 'o',
      value: 'FILE',
      help: 'Where to; a file that is there is replaced when all is written',
    },
  },
  least: 1,
  most: 1,
  async run(args, context) {
    const [container = ''] = args.operands;
    const file = args.text('output');
    const { output } = context;
    if (file === undefined && output.columns('stdout') !== undefined)
      throw new UsageError('an archive is not written to a terminal; give --output FILE');
    const { stream } = await new ContainerClient(context.berthd).export({ container });
    const archive = archiveFrom(stream);
    if (file === undefined) for await (const bytes of archive) await output.write('stdout', bytes);
    else await written(resolve(context.folder, file), archive);
    return EXIT.ok;
  },
});

/** Under its name when it is whole. */
async function written(file: string, archive: AsyncIterable<Uint8Array>): Promise<void> {
  const part = `${file}.part`;
  try {
    await pipeline(Readable.from(archive, { objectMode: false }), createWriteStream(part, { mode: 0o600 }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
