import { UsageError } from '../arguments/args.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { pullImage } from '../pulling.ts';

export const pull = command({
  name: 'pull',
  summary: 'Bring an image from a registry',
  operands: 'IMAGE',
  details: 'Prints its ID; how far it is goes to standard error.',
  options: {
    'tls-verify': { kind: 'flag', default: true, help: 'Refuse a registry whose certificate cannot be verified' },
    creds: { kind: 'text', value: 'USER:PASSWORD', help: 'Credentials for the registry' },
    quiet: { kind: 'flag', short: 'q', help: 'Do not show how far it is' },
  },
  least: 1,
  most: 1,
  async run(args, context) {
    const [name = ''] = args.operands;
    const input = { image: name, verifyTls: args.flag('tls-verify'), ...credentialsFrom(args.text('creds')) };
    const { id } = await pullImage(input, args.flag('quiet') ? 'quiet' : 'shown', context);
    await context.output.line(id);
    return EXIT.ok;
  },
});

function credentialsFrom(text: string | undefined): { username: string; password: string } | undefined {
  if (text === undefined) return undefined;
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError('--creds takes USER:PASSWORD');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
