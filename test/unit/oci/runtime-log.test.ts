import { describe, expect, it } from 'vitest';
import { classify, lastErrorIn, runtimeErrorFrom } from '../../../src/oci/runtime-log.ts';
import type { RuntimeErrorKind } from '../../../src/oci/errors.ts';

describe('classify', () => {
  // What crun 1.21 and runc 1.1.15 say.
  it.each<[RuntimeErrorKind, string]>([
    ['executable-not-found', 'executable file `/bin/nonexistent` not found: No such file or directory'],
    ['executable-not-found', 'executable file `nonexistent` not found in $PATH: No such file or directory'],
    [
      'executable-not-found',
      'runc create failed: unable to start container process: exec: "/bin/nonexistent": stat /bin/nonexistent: no such file or directory',
    ],
    [
      'executable-not-found',
      'runc create failed: unable to start container process: exec: "nonexistent": executable file not found in $PATH',
    ],
    ['not-executable', 'the path `/etc` is not a regular file: Operation not permitted'],
    ['not-executable', 'the path `/etc/passwd` exists but it is not executable: Operation not permitted'],
    ['not-executable', 'runc create failed: unable to start container process: exec: "/etc": is a directory'],
    ['not-executable', 'runc create failed: unable to start container process: exec: "/etc/passwd": permission denied'],
    ['executable-not-found', 'cannot find `` in $PATH: No such file or directory'],
    ['bad-workdir', 'chdir to `/etc/passwd`: Not a directory'],
    ['workdir-not-found', 'chdir to `/missing`: No such file or directory'],
    [
      'workdir-not-found',
      'exec failed: unable to start container process: chdir to cwd ("/missing") set in config.json failed: no such file or directory',
    ],
    ['mount-failed', 'cannot stat `/nonexistent`: No such file or directory'],
    [
      'mount-failed',
      'runc create failed: unable to start container process: error during container init: error mounting "/nonexistent" to rootfs at "/mnt": create mount destination for /mnt mount: bind mount source stat: stat /nonexistent: no such file or directory',
    ],
    ['bad-rootfs', 'runc create failed: invalid rootfs: stat /nonexistent: no such file or directory'],
    ['bad-spec', 'error loading config.json'],
    [
      'bad-spec',
      'runc create failed: json: cannot unmarshal number into Go struct field Spec.ociVersion of type string',
    ],
    ['no-such-container', 'cannot open directory `/run/test-crun/crun-1`: No such file or directory'],
    ['no-such-container', 'container does not exist'],
    ['permission-denied', 'capset: Operation not permitted'],
    [
      'permission-denied',
      'runc create failed: unable to start container process: unable to apply caps: operation not permitted',
    ],
    ['other', 'something else'],
  ])('%s: %s', (kind, message) => {
    expect(classify(message)).toBe(kind);
  });
});

describe('lastErrorIn', () => {
  it("finds the last error in crun's and runc's lines, whatever else is there", () => {
    const crun =
      '{"msg":"first","level":"error","time":"2026-11-22T00:00:00.0Z"}\n{"msg":"chdir to `/x`","level":"error","time":""}\n';
    expect(lastErrorIn(crun)).toMatchObject({ kind: 'bad-workdir', message: 'chdir to `/x`' });
    const runc =
      '{"level":"error","msg":"container does not exist","time":""}\n{"level":"warning","msg":"later","time":""}\nnoise\n{"level":';
    expect(lastErrorIn(runc)).toMatchObject({ kind: 'no-such-container' });
  });

  it.each(['', '\n', 'null', '[]', '{"level":"error"}', '{"level":"error","msg":1}', '\0\0'])(
    'finds none in %j',
    (text) => {
      expect(lastErrorIn(text)).toBeUndefined();
    },
  );

  it('does not repeat everything that a runtime says', () => {
    expect(runtimeErrorFrom('x'.repeat(100_000)).message.length).toBe(2000);
    expect(runtimeErrorFrom(' \n').message).toBe('the runtime gave no reason');
  });
});
