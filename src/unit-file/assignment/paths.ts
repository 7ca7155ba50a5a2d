/** Values of systemd.exec(5) that are made of paths and colons. */
import { isAbsolute } from 'node:path';
import type { UnitProperty } from '../properties.ts';
import { Unparsable } from './unparsable.ts';
import { splitWords, WHITESPACE, WordScanner } from './words.ts';

/** `MS_REC` of <sys/mount.h> */
const MS_REC = 16_384n;
const IMAGE_PARTS = { separators: ':', escapes: 'c', quotes: 'literal' } as const;

/** `[-]SOURCE[:DESTINATION[:rbind|norbind]]` …, as `(ssbt)`. */
export function parseBindPaths(text: string): [string, string, boolean, bigint][] {
  const scanner = new WordScanner(text);
  const rules = { separators: `:${WHITESPACE}`, runs: 'each' } as const;
  const binds: [string, string, boolean, bigint][] = [];
  for (let word = scanner.next(rules); word !== undefined; word = scanner.next(rules)) {
    if (word === '' && scanner.separator !== ':') continue;
    const source = word.replace(/^-/, '');
    const destination = scanner.separator === ':' ? scanner.next(rules) : source;
    if (destination === undefined) throw new Unparsable('nothing after the colon');
    const options = scanner.separator === ':' ? scanner.next() : '';
    if (options !== undefined && !['', 'rbind', 'norbind'].includes(options))
      throw new Unparsable(`unknown option: ${options}`);
    binds.push([source, destination, word.startsWith('-'), options === 'norbind' ? 0n : MS_REC]);
  }
  return binds;
}

/** `PATH[:OPTIONS]` …, as `(ss)`. */
export function parseTemporaryFileSystems(text: string): [string, string][] {
  return splitWords(text).map((word) => {
    const colon = word.indexOf(':');
    return colon < 0 ? [word, ''] : [word.slice(0, colon), word.slice(colon + 1)];
  });
}

/** `[PARTITION:]OPTIONS` …, as `(ss)`; the root partition if none is named. */
export function parseRootImageOptions(text: string): [string, string][] {
  return splitWords(text).map((word) => {
    const [partition = '', options] = word.split(':', 2);
    return options === undefined || options === '' ? ['root', partition] : [partition, options];
  });
}

/** `[-]IMAGE:DESTINATION[:PARTITION:OPTIONS]…` …, as `(ssba(ss))`. */
export function parseMountImages(text: string): [string, string, boolean, [string, string][]][] {
  return splitWords(text, { escapes: 'keep' }).map((word) => {
    const [image = '', destination = '', ...options] = splitWords(word, IMAGE_PARTS);
    if (destination === '') throw new Unparsable('not IMAGE:DESTINATION');
    return [image.replace(/^-/, ''), destination, image.startsWith('-'), partitionOptions(options)];
  });
}

/** `[-]IMAGE[:PARTITION:OPTIONS]…` …, as `(sba(ss))`. */
export function parseExtensionImages(text: string): [string, boolean, [string, string][]][] {
  return splitWords(text, { escapes: 'keep' }).map((word) => {
    const [image = '', ...options] = splitWords(word, IMAGE_PARTS);
    return [image.replace(/^-/, ''), image.startsWith('-'), partitionOptions(options)];
  });
}

function partitionOptions(words: readonly string[]): [string, string][] {
  const [first, second, ...more] = words;
  if (first === undefined) return [];
  return second === undefined ? [['root', first]] : [[first, second], ...partitionOptions(more)];
}

/** `StateDirectory=NAME[:LINK[:ro]] …`: names alone, and those with links or flags, are two properties. */
export function directories(value: string, name: string): UnitProperty[] {
  const entries = splitWords(value).map((word): [string, string, bigint] => {
    const [directory = '', link = '', flag = '', ...more] = word.split(':');
    if (directory === '' || more.length > 0 || !['', 'ro'].includes(flag))
      throw new Unparsable(`not NAME[:LINK[:ro]]: ${word}`);
    return [directory, link, flag === 'ro' ? 1n : 0n];
  });
  const isPlain = ([, link, flags]: [string, string, bigint]): boolean => link === '' && flags === 0n;
  const plain = entries.filter(isPlain).map(([directory]) => directory);
  const linked = entries.filter((entry) => !isPlain(entry));
  const properties: UnitProperty[] = [];
  if (plain.length > 0 || linked.length === 0) properties.push({ name, signature: 'as', value: plain });
  if (linked.length > 0) properties.push({ name: `${name}Symlink`, signature: 'a(sst)', value: linked });
  return properties;
}

/** A file that holds the hash, or the hash itself in hexadecimal. */
export function rootHash(value: string): UnitProperty[] {
  if (isAbsolute(value)) return [{ name: 'RootHashPath', signature: 's', value }];
  if (!/^([0-9a-fA-F]{2}){16,}$/.test(value))
    throw new Unparsable('neither an absolute path nor a hash of 16 bytes or more');
  return [{ name: 'RootHash', signature: 'ay', value: Buffer.from(value, 'hex') }];
}

/** A file that holds the signature, or `base64:` and the signature. */
export function rootHashSignature(value: string): UnitProperty[] {
  if (isAbsolute(value)) return [{ name: 'RootHashSignaturePath', signature: 's', value }];
  if (!value.startsWith('base64:')) throw new Unparsable('neither an absolute path nor base64:…');
  return [{ name: 'RootHashSignature', signature: 'ay', value: parseBase64(value.slice('base64:'.length)) }];
}

export function parseBase64(text: string): Buffer {
  const packed = text.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) throw new Unparsable('not base64');
  return Buffer.from(packed, 'base64');
}
