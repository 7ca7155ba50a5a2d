/** What images and distributions can bring along, and combinations that nobody thinks of. */
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAPABILITIES, capabilitiesFor, DEFAULT_CAPABILITIES } from '../../../src/oci-spec/capabilities.ts';
import { resolveUser, UserUnknown, type User } from '../../../src/oci-spec/passwd.ts';
import { lastErrorIn, runtimeErrorFrom } from '../../../src/oci/runtime-log.ts';
import { parseSeccompProfile, SeccompProfileInvalid, type SeccompHost } from '../../../src/oci-spec/seccomp.ts';

describe('capabilitiesFor', () => {
  it.each<[string, string[], string[], string[]]>([
    ['one that is there', ['CAP_CHOWN'], [], DEFAULT_CAPABILITIES],
    ['all but one', ['ALL'], ['CAP_CHOWN'], CAPABILITIES.slice(1)],
    ['dropping wins over adding', ['CAP_NET_RAW'], ['CAP_NET_RAW'], DEFAULT_CAPABILITIES],
    ['dropping all wins over adding all', ['ALL'], ['ALL'], []],
    ['dropping all does not win over adding by name', ['ALL', 'CAP_CHOWN'], ['ALL'], ['CAP_CHOWN']],
    ['dropping by name always wins', ['CAP_CHOWN'], ['ALL', 'CAP_CHOWN'], []],
  ])('%s', (_, add, drop, expected) => {
    expect(capabilitiesFor({ add, drop }).bounding).toEqual(expected);
  });

  const some = fc.uniqueArray(fc.constantFrom('ALL', ...CAPABILITIES));
  it('gives only what there is, each once, nothing that was dropped by name, and the same again for its own answer', () => {
    fc.assert(
      fc.property(some, some, (add, drop) => {
        const result = capabilitiesFor({ add, drop }).bounding;
        expect(new Set(result).size).toBe(result.length);
        expect(result.filter((name) => !CAPABILITIES.includes(name) || drop.includes(name))).toEqual([]);
        expect(capabilitiesFor({ add: result, drop: ['ALL'] }).bounding).toEqual(result);
      }),
    );
  });
});

describe('resolveUser', () => {
  const passwd = [
    'root:x:0:0:root:/root:/bin/sh',
    'web:x:33:34:Web:/srv/web:/bin/sh\r',
    'homeless:x:40:40::',
    '1000:x:70:70:a name that is a number:/home/1000:',
    'twice:x:50:50::/first:',
    'twice:x:51:51::/second:',
    'relative:x:60:60::../../etc:',
    'nul:x:61:61::/a\0b:',
  ].join('\n');
  const group = ['adm:x:4:web,root', 'audio:x:29:web', 'again:x:29:web', 'tape:x:26:', '77:x:78:'].join('\n');

  it.each<[string, number, number, number[], string]>([
    ['', 0, 0, [0, 4], '/root'],
    ['0', 0, 0, [0, 4], '/root'],
    ['web', 33, 34, [4, 29, 34], '/srv/web'],
    ['web:', 33, 34, [34], '/srv/web'],
    ['web:77', 33, 77, [77], '/srv/web'],
    [':tape', 0, 26, [26], '/root'],
    ['homeless', 40, 40, [40], '/'],
    ['1000', 1000, 0, [0], '/'],
    ['1001:1002', 1001, 1002, [1002], '/'],
    ['twice', 50, 50, [50], '/first'],
    ['51', 51, 51, [51], '/second'],
    ['4294967294', 4294967294, 0, [0], '/'],
    ['relative', 60, 60, [60], '/'],
    ['nul', 61, 61, [61], '/'],
  ])('%j', (spec, uid, gid, additionalGids, home) => {
    expect(resolveUser(spec, { passwd, group })).toMatchObject({ uid, gid, additionalGids, home });
  });

  it.each(['nobody-here', 'web:nowhere', '4294967295', '99999999999', '-1', '1.5', '0x10', ' 0', 'web:-1'])(
    'refuses %j',
    (spec) => {
      expect(() => resolveUser(spec, { passwd, group })).toThrow(UserUnknown);
    },
  );

  it.each([
    'no colons at all',
    'evil',
    'evil:x::0::/:',
    'evil:x:0x0:0::/:',
    'evil:x:-1:0::/:',
    'evil:x: 0:0::/:',
    'evil:x:4294967295:0::/:',
    'evil:x:1:4294967296::/:',
    ':x:0:0::/:',
  ])('does not take %j for a user', (line) => {
    expect(() => resolveUser('evil', { passwd: line, group: '' })).toThrow(UserUnknown);
  });

  it('answers sane numbers or refuses, whatever the files say', () => {
    const field = fc.oneof(fc.string(), fc.nat().map(String), fc.constantFrom('a', 'b', '0', ''));
    const line = fc.array(field, { maxLength: 8 }).map((fields) => fields.join(':'));
    const file = fc.array(line).map((lines) => lines.join('\n'));
    const isId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1;
    fc.assert(
      fc.property(fc.constantFrom('a', 'b', '', '0', '7', 'a:b', 'b:7'), file, file, (spec, users, groups) => {
        let found: User;
        try {
          found = resolveUser(spec, { passwd: users, group: groups });
        } catch (error) {
          expect(error).toBeInstanceOf(UserUnknown);
          return;
        }
        expect([found.uid, found.gid, ...found.additionalGids].every(isId)).toBe(true);
        expect(found.home.startsWith('/')).toBe(true);
      }),
    );
  });
});

describe('the seccomp profile of Debian 13', () => {
  /** An excerpt, of golang-github-containers-common. */
  const text = readFileSync(new URL('../../data/seccomp.json', import.meta.url), 'utf8');
  const x64: SeccompHost = { architecture: 'x64', kernel: '6.12.48+deb13-amd64' };
  const arg = (index: number, value: number, op: string): object => ({ index, value, valueTwo: 0, op });

  it('is resolved for a container without capabilities', () => {
    expect(parseSeccompProfile(text, x64)([])).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      syscalls: [
        { names: ['bdflush', 'cachestat', 'futex_requeue'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
        { names: ['_llseek', '_newselect', 'accept'], action: 'SCMP_ACT_ALLOW' },
        { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [arg(0, 0, 'SCMP_CMP_EQ')] },
        { names: ['arch_prctl'], action: 'SCMP_ACT_ALLOW' },
        { names: ['open_by_handle_at'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
        { names: ['chroot'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
        { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [arg(2, 9, 'SCMP_CMP_NE')] },
        { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
      ],
    });
  });

  it('takes the other of two rules where a capability is there', () => {
    const { syscalls } = parseSeccompProfile(text, x64)(['CAP_DAC_READ_SEARCH', 'CAP_SYS_CHROOT', 'CAP_AUDIT_WRITE']);
    expect(syscalls.slice(-4)).toEqual([
      { names: ['open_by_handle_at'], action: 'SCMP_ACT_ALLOW' },
      { names: ['chroot'], action: 'SCMP_ACT_ALLOW' },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW' },
      { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
    ]);
  });

  it.each([
    ['6.12.48+deb13-amd64', true],
    ['6.8.0', true],
    ['6.8-rc3', true],
    ['6.10-foo', true],
    ['10.0', true],
    ['6.7.99', false],
    ['5.20.0', false],
    ['6.7-rc1', false],
  ])('with kernel %s, a rule for 6.8 and later: %s', (kernel, applies) => {
    const rule = { names: ['new'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '6.8' } };
    const profile = JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [rule] });
    expect(parseSeccompProfile(profile, { ...x64, kernel })([]).syscalls).toHaveLength(applies ? 1 : 0);
  });

  it.each(['', '{', '[]', '{"syscalls":[]}', '{"defaultAction":1,"syscalls":[]}'])('refuses %j', (bad) => {
    expect(() => parseSeccompProfile(bad, x64)).toThrow(SeccompProfileInvalid);
  });
});

describe('what a runtime says', () => {
  it('counts by its last error, whatever else stands in the log', () => {
    const text = [
      '{"msg":"first","level":"error","time":"2026-11-21T12:00:00Z"}',
      '{"msg":"executable file `nope` not found in $PATH: No such file or directory","level":"error","time":"…"}',
      '{"level":"warning","msg":"lstat /x: no such file or directory","time":"…"}',
      'not JSON',
      '{"level":"error"',
      '',
    ].join('\n');
    expect(lastErrorIn(text)).toMatchObject({ name: 'RuntimeError', kind: 'executable-not-found' });
  });

  it.each(['', '\n\n', '{"level":"info","msg":"fine"}', 'null', '[]', '{"level":"error","msg":7}'])(
    'is no error in %j',
    (text) => {
      expect(lastErrorIn(text)).toBeUndefined();
    },
  );

  it('is bounded, and never empty', () => {
    expect(runtimeErrorFrom('x'.repeat(10_000)).message).toHaveLength(2000);
    expect(runtimeErrorFrom('  \n').message).toBe('the runtime gave no reason');
  });
});
