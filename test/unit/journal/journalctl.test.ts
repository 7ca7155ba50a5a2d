import { describe, expect, it } from 'vitest';
import { journalctlArguments } from '../../../src/journal/journalctl.ts';
import { headerFor } from '../../../src/journal/stream.ts';

const forward = { origin: { from: 'query' }, order: 'forward', atEnd: 'stop' } as const;

describe('journalctlArguments', () => {
  it('asks for entries that match all of the fields, and for the fields that it does not look at itself', () => {
    const query = {
      matches: { _SYSTEMD_UNIT: 'a.service', PRIORITY: '3' },
      oneOf: [{ _UID: '0' }, { BERTH_STREAM: 'a' }],
    };
    const argv = journalctlArguments(query, forward);
    expect(argv.slice(argv.indexOf('--'))).toEqual(['--', '_SYSTEMD_UNIT=a.service', 'PRIORITY=3']);
    expect(argv.find((each) => each.startsWith('--output-fields='))).toMatch(/,_UID,BERTH_STREAM$/u);
  });

  it('does not let journalctl end what is followed', () => {
    const query = { matches: { A: 'b' }, until: new Date(2_000) };
    expect(journalctlArguments(query, { ...forward, atEnd: 'follow' }).join(' ')).not.toContain('--until');
  });

  it('says from when to when, to the millisecond', () => {
    const query = { matches: { A: 'b' }, since: new Date(1_001), until: new Date(2_000) };
    expect(journalctlArguments(query, forward)).toEqual(expect.arrayContaining(['--since=@1.001', '--until=@2.000']));
  });

  it('begins at a cursor rather than at a time', () => {
    const query = { matches: { A: 'b' }, since: new Date(0) };
    const argv = journalctlArguments(query, { ...forward, origin: { from: 'after-cursor', cursor: 'c' } });
    expect(argv).toContain('--after-cursor=c');
    expect(argv.join(' ')).not.toContain('--since');
  });

  it.each([{}, { '--all': 'x' }, { 'a=b': 'x' }])('refuses the match %j', (matches) => {
    expect(() => journalctlArguments({ matches }, forward)).toThrow(RangeError);
  });
});

describe('headerFor', () => {
  it('has seven lines, the second of which is the unit', () => {
    expect(headerFor({ identifier: 'web', unit: 'berth-web.service', priority: 3 })).toBe(
      'web\nberth-web.service\n3\n0\n0\n0\n0\n',
    );
  });

  it.each([
    { identifier: 'a\nb', unit: 'u', priority: 6 },
    { identifier: 'a', unit: 'u\n', priority: 6 },
    { identifier: 'a', unit: 'u', priority: 8 },
  ])('refuses %j', (options) => {
    expect(() => headerFor(options)).toThrow(RangeError);
  });
});
