import { ImageClient } from '../../api/io-berth-image.ts';
import { ProtocolViolation } from '../../varlink/errors.ts';
import { UsageError } from '../args.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

export const pull = command({
  name: 'pull',
  summary: 'Bring an image from a registry',
  operands: 'IMAGE',
  details: 'Prints its ID.',
  options: {
    'tls-verify': { kind: 'flag', default: true, help: 'Refuse a registry whose certificate cannot be verified' },
    creds: { kind: 'text', value: 'USER:PASSWORD', help: 'Credentials for the registry' },
  },
  least: 1,
  most: 1,
  async run(args, context) {
    const [image = ''] = args.operands;
    const { image: pulled } = await new ImageClient(context.berthd).pull({
      image,
      verifyTls: args.flag('tls-verify'),
      ...credentialsFrom(args.text('creds')),
    });
    if (pulled === undefined) throw new ProtocolViolation('the pull ended without an image');
    await context.output.line(pulled.id);
    return EXIT.ok;
  },
});

function credentialsFrom(text: string | undefined): { username: string; password: string } | undefined {
  if (text === undefined) return undefined;
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError('--creds takes USER:PASSWORD');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
