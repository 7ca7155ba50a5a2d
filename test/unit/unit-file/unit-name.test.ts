import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  escapeUnitName,
  parseUnitName,
  unescapeUnitName,
  unitOfPath,
  unitPath,
} from '../../../src/unit-file/unit-name.ts';

describe('escaping', () => {
  // As `systemd-escape` 257 prints them.
  it.each([
    ['web', 'web'],
    ['a-b', 'a\\x2db'],
    ['.hidden', '\\x2ehidden'],
    ['a.b', 'a.b'],
    ['/dev/sda', '-dev-sda'],
    ['Grüße', 'Gr\\xc3\\xbc\\xc3\\x9fe'],
    ['a b\\c', 'a\\x20b\\x5cc'],
  ])('%s is %s', (text, escaped) => {
    expect(escapeUnitName(text)).toBe(escaped);
    expect(unescapeUnitName(escaped)).toBe(text);
  });

  it('is reversible, and yields what a unit may be called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), (text) => {
        fc.pre(text.isWellFormed());
        const escaped = escapeUnitName(text);
        expect(unescapeUnitName(escaped)).toBe(text);
        if (escaped.length < 240) expect(parseUnitName(`${escaped}.service`)?.type).toBe('service');
      }),
    );
  });

  it.each(['a\\', 'a\\x', 'a\\xg0', 'a\\x2', '\\xff'])('does not read %s', (broken) => {
    expect(unescapeUnitName(broken)).toBeUndefined();
  });
});

describe('a unit name', () => {
  it.each([
    ['berth-web.service', { prefix: 'berth-web', instance: undefined, type: 'service' }],
    ['getty@tty1.service', { prefix: 'getty', instance: 'tty1', type: 'service' }],
    ['getty@.service', { prefix: 'getty', instance: '', type: 'service' }],
    ['a@b@c.slice', { prefix: 'a', instance: 'b@c', type: 'slice' }],
    ['-.mount', { prefix: '-', instance: undefined, type: 'mount' }],
  ])('%s is taken apart', (name, parts) => {
    expect(parseUnitName(name)).toEqual(parts);
  });

  it.each(['', 'web', '.service', '@a.service', 'a b.service', 'a/b.service', 'a.web', `${'a'.repeat(250)}.service`])(
    '%j is none',
    (name) => {
      expect(parseUnitName(name)).toBeUndefined();
    },
  );
});

describe('the path of a unit on the bus', () => {
  it('is systemd’s, and leads back', () => {
    expect(unitPath('berth-web.service')).toBe('/org/freedesktop/systemd1/unit/berth_2dweb_2eservice');
    expect(unitPath('1a.service')).toBe('/org/freedesktop/systemd1/unit/_31a_2eservice');
    for (const name of ['berth-web.service', '1a.service', 'a\\x2db@c.service', '-.slice']) {
      expect(unitOfPath(unitPath(name))).toBe(name);
    }
    expect(unitOfPath('/org/freedesktop/systemd1/job/1')).toBeUndefined();
  });
});
