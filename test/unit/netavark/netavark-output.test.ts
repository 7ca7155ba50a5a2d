import { describe, expect, it } from 'vitest';
import { messageIn, versionIn } from '../../../src/netavark/netavark-output.ts';

describe('what netavark prints', () => {
  it('has its version', () => {
    const text = '{\n  "version": "1.14.0",\n  "commit": "",\n  "default_fw_driver": "nftables"\n}\n';
    expect(versionIn(text)).toEqual({ version: '1.14.0', firewallDriver: 'nftables' });
    expect(() => versionIn('netavark 1')).toThrowError(expect.objectContaining({ name: 'NetavarkFailed' }));
  });

  it.each([
    ['its own words', '{"error":"no static ips provided"}', '', 'no static ips provided'],
    [
      "nft's words",
      '{"error":"nftables error: nft did not return successfully while applying ruleset"}',
      'internal:0:0-0: Error: Could not process rule: No such file or directory\n',
      'nftables error: nft did not return successfully while applying ruleset: Could not process rule: No such file or directory',
    ],
    [
      'a panic',
      '',
      "thread 'main' panicked at src/network/bridge.rs:99:5:\nindex out of bounds: the len is 1\nnote: run with …\n",
      'index out of bounds: the len is 1',
    ],
    ['success without any interface', '{}', '', 'it set up nothing'],
    ['something else', '', 'sh: netavark: not found\n', 'sh: netavark: not found'],
  ])('says why it failed, by %s', (_, stdout, stderr, message) => {
    expect(messageIn(stdout, stderr)).toBe(message);
  });
  it('may say nothing', () => {
    expect(messageIn('', '')).toBeUndefined();
  });
});
