import { resolve } from 'node:path';
import { ImageClient, type Transport } from '../../api/io-berth-image.ts';
import { UsageError } from '../arguments/args.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';

/** By podman's names. */
const TRANSPORTS: Readonly<Record<string, Transport>> = {
  'oci-archive': 'oci_archive',
  'docker-archive': 'docker_archive',
  'oci-dir': 'oci',
};

export const save = command({
  name: 'save',
  summary: 'Write an image to a file or folder',
  operands: 'IMAGE',
  details: "'berth load' brings it back. What is there already is not written over.",
  options: {
    output: { kind: 'text', short: 'o', value: 'PATH', help: 'Where to' },
    format: { kind: 'text', value: Object.keys(TRANSPORTS).join('|'), help: 'In which form; default: oci-archive' },
  },
  least: 1,
  most: 1,
  async run(args, context) {
    const [image = ''] = args.operands;
    const path = args.text('output');
    if (path === undefined) throw new UsageError('something is missing: --output PATH');
    await new ImageClient(context.berthd).save({
      image,
      path: resolve(context.folder, path),
      transport: transportFrom(args.text('format')),
    });
    return EXIT.ok;
  },
});

function transportFrom(text: string | undefined): Transport | undefined {
  if (text === undefined) return undefined;
  const transport = Object.hasOwn(TRANSPORTS, text) ? TRANSPORTS[text] : undefined;
  if (transport !== undefined) return transport;
  throw new UsageError(`--format takes ${Object.keys(TRANSPORTS).join(', ')}, not '${text}'`);
}
