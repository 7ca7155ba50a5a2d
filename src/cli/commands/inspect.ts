import { ContainerClient } from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import { command, type Context } from '../command.ts';
import { forEach } from '../each.ts';
import { FORMAT_OPTION, parseFormat } from '../output/listing.ts';
import { isRefusal } from '../refusals.ts';

const KINDS = ['all', 'container', 'image'] as const;
type Kind = (typeof KINDS)[number];

const OPTIONS = { format: { ...FORMAT_OPTION, help: 'Print a JSON array, as it does anyway' } } as const;

export const inspect = command({
  name: 'inspect',
  summary: 'Show everything about containers and images',
  operands: 'CONTAINER|IMAGE…',
  details: 'As a JSON array. What is no container is looked for among the images.',
  options: {
    type: { kind: 'text', value: KINDS.join('|'), help: 'What to look for; default: all, containers first' },
    ...OPTIONS,
  },
  least: 1,
  most: Infinity,
  async run(args, context) {
    parseFormat(args.text('format'));
    const kind = kindFrom(args.text('type'));
    return await inspectAll(args.operands, kind, context);
  },
});

export const imageInspect = command({
  name: 'image inspect',
  summary: 'Show everything about images',
  operands: 'IMAGE…',
  details: 'As a JSON array.',
  options: OPTIONS,
  least: 1,
  most: Infinity,
  async run(args, context) {
    parseFormat(args.text('format'));
    return await inspectAll(args.operands, 'image', context);
  },
});

function kindFrom(text = 'all'): Kind {
  const kind = KINDS.find((each) => each === text);
  if (kind === undefined) throw new UsageError(`--type takes ${KINDS.join(', ')}, not '${text}'`);
  return kind;
}

async function inspectAll(names: readonly string[], kind: Kind, context: Context): Promise<number> {
  const found: object[] = [];
  const exitCode = await forEach(names, context, { turns: 'one-by-one' }, async (name) => {
    found.push(await inspectOne(name, kind, context));
    return undefined;
  });
  await context.output.json(found);
  return exitCode;
}

async function inspectOne(name: string, kind: Kind, { berthd }: Context): Promise<object> {
  const inspectImage = async (): Promise<object> => {
    const { ImageClient } = await import('../../api/io-berth-image.ts');
    const { image, ...rest } = await new ImageClient(berthd).inspect({ image: name });
    return { ...image, ...rest };
  };
  if (kind === 'image') return await inspectImage();
  try {
    return await new ContainerClient(berthd).inspect({ container: name });
  } catch (error) {
    if (kind === 'container' || !isRefusal(error, 'io.berth.Container.NoSuchContainer')) throw error;
    try {
      return await inspectImage();
    } catch (other) {
      // Neither is there: the container is what most people mean.
      throw isRefusal(other, 'io.berth.Image.NoSuchImage') ? error : other;
    }
  }
}
