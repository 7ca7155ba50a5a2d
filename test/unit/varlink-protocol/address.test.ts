import { describe, expect, it } from 'vitest';
import type { Address } from '../../../src/varlink/address.ts';
import { formatAddress, parseAddress } from '../../../src/varlink/address.ts';

// prettier-ignore
const both: [string, Address][] = [
  ['unix:/run/berth/io.berth',     { kind: 'unix', path: '/run/berth/io.berth' }],
  ['unix:/run/a;mode=0600',        { kind: 'unix', path: '/run/a', mode: 0o600 }],
  ['unix:/run/with:colon',         { kind: 'unix', path: '/run/with:colon' }],
  ['unix:@abstract',               { kind: 'abstract', name: 'abstract' }],
  ['tcp:localhost:1031',           { kind: 'tcp', host: 'localhost', port: 1031 }],
  ['tcp:127.0.0.1:0',              { kind: 'tcp', host: '127.0.0.1', port: 0 }],
  ['tcp:[::1]:65535',              { kind: 'tcp', host: '::1', port: 65_535 }],
  ['exec:/usr/bin/service',        { kind: 'exec', path: '/usr/bin/service' }],
];

describe('an address', () => {
  it.each(both)('%s is read and written', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  it.each<[string, Address]>([
    ['/run/bare', { kind: 'unix', path: '/run/bare' }],
    ['unix:/run/a;unknown=1;mode=666;other', { kind: 'unix', path: '/run/a', mode: 0o666 }],
    ['tcp:host:1;unknown', { kind: 'tcp', host: 'host', port: 1 }],
    ['unix:@name;unknown', { kind: 'abstract', name: 'name' }],
  ])('%s is read', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each([
    '',
    'relative/path',
    'unix:',
    'unix:relative',
    'unix:@',
    'unix:/run/\0x',
    'unix:/run/a;mode=999',
    'unix:/run/a;mode=',
    `unix:/${'x'.repeat(107)}`,
    'tcp:host',
    'tcp:host:',
    'tcp:host:70000',
    'tcp:::1:80',
    'exec:program',
    'device:/dev/x',
    'http://example.org',
  ])('%j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ name: 'InvalidAddress', address: text }));
  });
});
