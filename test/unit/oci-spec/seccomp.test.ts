import { describe, expect, it } from 'vitest';
import { parseSeccompProfile, SeccompProfileInvalid } from '../../../src/oci-spec/seccomp.ts';

const HOST = { architecture: 'x64', kernel: '6.12.3-amd64' };
const profile = (...syscalls: object[]): string =>
  JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: null },
    ],
    syscalls: syscalls.map((rule, index) => ({ names: [String(index)], action: 'SCMP_ACT_ALLOW', ...rule })),
  });

describe('parseSeccompProfile', () => {
  it.each<[object, string[], 'applies' | 'does not']>([
    [{}, [], 'applies'],
    [{ includes: {}, excludes: {} }, [], 'applies'],
    [{ includes: { caps: ['CAP_SYS_ADMIN'] } }, [], 'does not'],
    [{ includes: { caps: ['CAP_SYS_ADMIN'] } }, ['CAP_SYS_ADMIN'], 'applies'],
    [{ includes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } }, ['CAP_BPF'], 'does not'],
    [{ excludes: { caps: ['CAP_SYS_ADMIN'] } }, ['CAP_SYS_ADMIN'], 'does not'],
    [{ excludes: { caps: ['CAP_SYS_ADMIN'] } }, [], 'applies'],
    [{ includes: { arches: ['amd64', 'x32'] } }, [], 'applies'],
    [{ includes: { arches: ['s390', 's390x'] } }, [], 'does not'],
    [{ excludes: { arches: ['amd64'] } }, [], 'does not'],
    [{ includes: { minKernel: '4.8' } }, [], 'applies'],
    [{ includes: { minKernel: '6.13' } }, [], 'does not'],
    [{ includes: { minKernel: '10.1' } }, [], 'does not'],
    [{ excludes: { minKernel: '4.8' } }, [], 'does not'],
    [{ excludes: { minKernel: '10.1' } }, [], 'applies'],
    [{ includes: null, excludes: null, args: null, comment: '' }, [], 'applies'],
  ])('%j with %j %s', (rule, capabilities, expected) => {
    const { syscalls } = parseSeccompProfile(profile(rule), HOST)(capabilities);
    expect(syscalls.length).toBe(expected === 'applies' ? 1 : 0);
  });

  it('gives what a runtime takes, and no conditions', () => {
    const args = [{ index: 0, value: 2114060288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }];
    expect(
      parseSeccompProfile(
        profile({ args, errnoRet: 1, comment: 'x', includes: { minKernel: '4.8' } }, { args: [] }),
        HOST,
      )([]),
    ).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      syscalls: [
        { names: ['0'], action: 'SCMP_ACT_ALLOW', errnoRet: 1, args },
        { names: ['1'], action: 'SCMP_ACT_ALLOW' },
      ],
    });
  });

  it('takes the architecture of the host', () => {
    const resolve = parseSeccompProfile(profile(), { ...HOST, architecture: 'arm64' });
    expect(resolve([]).architectures).toEqual(['SCMP_ARCH_AARCH64']);
  });

  it.each([
    '{"defaultAction":"SCMP_ACT_LOG"}',
    '{"defaultAction":"SCMP_ACT_LOG","syscalls":null}',
    '{"defaultAction":"SCMP_ACT_LOG","syscalls":[],"architectures":null,"archMap":null,"flags":null}',
  ])('needs no rules: %s', (text) => {
    expect(parseSeccompProfile(text, HOST)([])).toEqual({ defaultAction: 'SCMP_ACT_LOG', syscalls: [] });
  });

  it('knows the name of old profiles, and names of errors', () => {
    const rules = { names: undefined, name: 'mkdir', action: 'SCMP_ACT_ERRNO', errno: 'EXDEV', errnoRet: 1 };
    expect(parseSeccompProfile(profile(rules), HOST)([]).syscalls).toEqual([
      { names: ['mkdir'], action: 'SCMP_ACT_ERRNO', errnoRet: 18 },
    ]);
    const whole = { defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: 'ENOSYS', defaultErrnoRet: 1 };
    expect(parseSeccompProfile(JSON.stringify(whole), HOST)([])).toMatchObject({ defaultErrnoRet: 38 });
  });

  it('passes flags and the listener on', () => {
    const more = { flags: ['SECCOMP_FILTER_FLAG_LOG'], listenerPath: '/run/x.sock', listenerMetadata: 'y' };
    const text = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', ...more });
    expect(parseSeccompProfile(text, HOST)([])).toMatchObject(more);
  });

  it.each(['0', '9007199254740991', '9007199254740993', '18446744073709551615'])(
    'keeps %s to the last digit',
    (value) => {
      const args = `[{"index":5,"value":${value},"valueTwo":${value},"op":"SCMP_CMP_MASKED_EQ"}]`;
      const rule = `{"names":["x"],"action":"SCMP_ACT_ALLOW","args":${args}}`;
      const text = `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[${rule}]}`;
      const { syscalls } = parseSeccompProfile(text, HOST)([]);
      const written = `{"index":5,"op":"SCMP_CMP_MASKED_EQ","value":${value},"valueTwo":${value}}`;
      expect(JSON.stringify(syscalls)).toContain(written);
    },
  );

  const ruleOf = (rule: object): string => profile({ ...rule });
  it.each([
    '',
    '{}',
    '{"defaultAction":1,"syscalls":[]}',
    '[]',
    '{"defaultAction":"SCMP_ACT_PANIC"}',
    '{"defaultAction":"SCMP_ACT_LOG","sycalls":[]}',
    '{"defaultAction":"SCMP_ACT_LOG","flags":"LOG"}',
    '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"ENOTHING"}',
    '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"constructor"}',
    '{"defaultAction":"SCMP_ACT_LOG","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}]}',
    ruleOf({ name: 'mkdir' }),
    ruleOf({ names: [] }),
    ruleOf({ arg: [] }),
    ruleOf({ action: 'SCMP_ACT_DENY' }),
    ruleOf({ errnoRet: -1 }),
    ruleOf({ errno: 'ENOTHING' }),
    ruleOf({ includes: { kernel: '5.4' } }),
    ruleOf({ includes: { minKernel: 'new' } }),
    ruleOf({ args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] }),
    ruleOf({ args: [{ index: 0, value: -1, op: 'SCMP_CMP_EQ' }] }),
    ruleOf({ args: [{ index: 0, value: 1.5, op: 'SCMP_CMP_EQ' }] }),
    ruleOf({ args: [{ index: 0, value: 0, op: 'EQ' }] }),
    ruleOf({ args: [{ index: 0, value: 'x', op: 'SCMP_CMP_EQ' }] }).replace('"x"', '18446744073709551616'),
    ruleOf({ args: [{ index: 0, value: 'x', op: 'SCMP_CMP_EQ' }] }).replace('"x"', '1e19'),
  ])('refuses %s', (text) => {
    expect(() => parseSeccompProfile(text, HOST)).toThrow(SeccompProfileInvalid);
  });
});
