import { UsageError } from '../arguments/args.ts';
import { command } from '../command.ts';
import { Copying } from '../copy/copying.ts';
import { endFrom } from '../copy/ends.ts';
import { EXIT } from '../output/exit-codes.ts';

export const cp = command({
  name: 'cp',
  summary: 'Copy files into a container, out of it, or from one to another',
  operands: 'SOURCE TARGET',
  details:
    'Each is CONTAINER:PATH, a path of this host, or - for a tar archive at standard input or standard output. A directory that\n' +
    'is not there is made, and gets what is in the source. Into one that is there, the source goes under its own name, and as\n' +
    'SOURCE/. only what is in it. A link is followed. It makes no difference whether the container runs.',
  options: {
    archive: {
      kind: 'flag',
      short: 'a',
      help: 'Keep the owners of files; by default they become those of who gets them',
    },
    overwrite: { kind: 'flag', help: 'Let a directory replace a file, and a file an empty directory' },
  },
  least: 2,
  most: 2,
  async run(args, context) {
    const [from = endFrom(''), to = endFrom('')] = args.operands.map(endFrom);
    if (from.kind !== 'container' && to.kind !== 'container')
      throw new UsageError('neither end is in a container; write CONTAINER:PATH for the one that is');
    const copying = new Copying(context, args.flag('archive') ? 'kept' : 'new');
    if (from.kind === 'stream') {
      if (to.kind !== 'stream') await copying.unpackInput(to);
    } else if (to.kind === 'stream') await copying.packToOutput(from);
    else await copying.copy(from, to, args.flag('overwrite') ? 'allowed' : 'refused');
    return EXIT.ok;
  },
});
