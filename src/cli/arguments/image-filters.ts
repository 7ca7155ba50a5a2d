import type { Image } from '../../api/io-berth-image.ts';
import { UsageError } from './args.ts';
import { booleanOf } from './booleans.ts';
import { imageNameMatches } from './filters.ts';
import { labelsFrom } from './variables.ts';

export const IMAGE_FILTERS = 'reference=NAME|label=KEY[=VALUE]|dangling=true|dangling=false';

type Test = (image: Image) => boolean;

/** @param texts `KEY=VALUE`; of several references one has to fit, of everything else all. @throws UsageError */
export function parseImageFilters(texts: readonly string[]): Test {
  const references: Test[] = [];
  const tests: Test[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const value = text.slice(equals + 1);
    switch (text.slice(0, Math.max(0, equals))) {
      case 'reference':
        references.push(({ names }) => names.some((name) => isCalled(name, value)));
        break;
      case 'label':
        tests.push(hasLabels(labelsFrom('--filter label=', [value])));
        break;
      case 'dangling':
        tests.push(isDangling(value, text));
        break;
      default:
        throw wrong(text);
    }
  }
  return (image) =>
    tests.every((test) => test(image)) && (references.length === 0 || references.some((test) => test(image)));
}

const wrong = (text: string): UsageError =>
  new UsageError(`--filter takes ${IMAGE_FILTERS.replaceAll('|', ', ')}, not '${text}'`);

/** `*` stands for anything. */
function isCalled(name: string, wanted: string): boolean {
  if (!wanted.includes('*')) return imageNameMatches(name, wanted);
  const pattern = wanted.split('*').map((part) => part.replaceAll(/[$()+.?[\\\]^{|}/]/gu, String.raw`\$&`));
  return new RegExp(`^(?:.*/)?${pattern.join('.*')}$`, 'su').test(name);
}

const hasLabels =
  (labels: Record<string, string>): Test =>
  (image) =>
    Object.entries(labels).every(([key, value]) => {
      const has = Object.hasOwn(image.labels, key);
      return has && (value === '' || image.labels[key] === value);
    });

function isDangling(value: string, text: string): Test {
  const wanted = booleanOf(value);
  if (wanted === undefined) throw wrong(text);
  return ({ names }) => (names.length === 0) === wanted;
}
