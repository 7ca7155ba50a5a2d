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

  it.each(['', '{}', '{"defaultAction":1,"syscalls":[]}', '[]'])('refuses %j', (text) => {
    expect(() => parseSeccompProfile(text, HOST)).toThrow(SeccompProfileInvalid);
  });
});
