import { ImageClient, type Image } from '../../api/io-berth-image.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { IMAGE_FILTERS, parseImageFilters } from '../arguments/image-filters.ts';
import { FORMAT_OPTION, parseFormat, shortId } from '../output/listing.ts';
import { agoInWords, sizeInWords } from '../output/humanise.ts';
import { printable } from '../output/printable.ts';
import { tableOf } from '../output/table.ts';

export const images = command({
  name: 'images',
  summary: 'List images',
  operands: '[IMAGE]',
  details: 'All of them, or those that are called so.',
  options: {
    filter: { kind: 'texts', value: IMAGE_FILTERS, help: 'Only list those' },
    quiet: { kind: 'flag', short: 'q', help: 'Only print IDs' },
    format: FORMAT_OPTION,
    'no-trunc': { kind: 'flag', help: 'Print whole IDs' },
  },
  least: 0,
  most: 1,
  async run(args, context) {
    const references = args.operands.map((name) => `reference=${name}`);
    const matches = parseImageFilters([...args.texts('filter'), ...references]);
    const format = parseFormat(args.text('format'));
    const found: Image[] = [];
    for await (const { image } of new ImageClient(context.berthd).list()) {
      if (image !== undefined && matches(image)) found.push(image);
    }
    const idOf = ({ id }: Image): string => (args.flag('no-trunc') ? id : shortId(id));
    if (args.flag('quiet')) for (const image of found) await context.output.line(idOf(image));
    else if (format === 'json') await context.output.json(found);
    else await context.output.line(table(found, idOf, context.now()));
    return EXIT.ok;
  },
});

/** That images lie in another program's store is only said where there are such. */
function table(images: readonly Image[], idOf: (image: Image) => string, now: Date): string {
  const access = images.some(({ readOnly }) => readOnly)
    ? { head: ['R/O'], of: ({ readOnly }: Image): string[] => [readOnly ? 'yes' : 'no'] }
    : { head: [], of: () => [] };
  const rows = images.flatMap((image) =>
    (image.names.length === 0 ? [undefined] : image.names).map((name) => [
      ...nameAndTag(name),
      idOf(image),
      agoInWords(image.createdAt, now),
      sizeInWords(image.sizeBytes),
      ...access.of(image),
    ]),
  );
  return tableOf(['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE', ...access.head], rows);
}

/** A colon before the last slash is that of a registry's port. */
function nameAndTag(name: string | undefined): [name: string, tag: string] {
  if (name === undefined) return ['<none>', '<none>'];
  const digest = name.indexOf('@');
  if (digest >= 0) return [printable(name.slice(0, digest)), '<none>'];
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  return colon < 0 ? [printable(name), '<none>'] : [printable(name.slice(0, colon)), printable(name.slice(colon + 1))];
}
