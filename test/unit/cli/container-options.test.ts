import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src/api/io-berth-container.ts';
import { berth, type Ran } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function create(...args: string[]): Promise<Ran & { configuration: Configuration | undefined }> {
  let configuration: Configuration | undefined;
  const ran = await berth(['create', ...args], {
    environment: { HOME: '/home/me', EMPTY: '' },
    containers: {
      async Create(input) {
        ({ configuration } = input);
        return await Promise.resolve({ id: 'abc', name: 'x' });
      },
    },
  });
  return { ...ran, configuration };
}

describe('what Create is asked for', () => {
  const bind = (source: string, destination: string): object => ({
    kind: 'bind',
    source,
    destination,
    readOnly: false,
  });
  const tmpfs = (destination: string): object => ({ kind: 'tmpfs', destination, readOnly: false });

  // prettier-ignore
  const cases: [args: string[], configuration: object][] = [
    [['busybox'],                                     {}],
    [['busybox', 'ls', '-l', '--name'],               { command: ['ls', '-l', '--name'] }],
    [['--name', 'web', 'busybox'],                    { name: 'web' }],
    [['-e', 'A=1', '-e', 'B=x=y', 'busybox'],         { environment: { A: '1', B: 'x=y' } }],
    [['-e', 'HOME', '-e', 'NONE', 'busybox'],         { environment: { HOME: '/home/me' } }],
    [['-e', 'EMPTY', '-e', 'A=', 'busybox'],          { environment: { EMPTY: '', A: '' } }],
    [['-w', '/srv', '-u', '1:2', '-h', 'h', 'busybox'], { workingDirectory: '/srv', user: '1:2', hostname: 'h' }],
    [['--workdir=/srv', '--user=me', '--hostname=h', 'busybox'], { workingDirectory: '/srv', user: 'me', hostname: 'h' }],
    [['-l', 'a=b', '--label', 'c', 'busybox'],        { labels: { a: 'b', c: '' } }],
    [['-l', 'constructor=1', '-e', 'constructor=2', 'busybox'], { labels: { constructor: '1' }, environment: { constructor: '2' } }],
    [['-v', '/a:/b', 'busybox'],                      { mounts: [bind('/a', '/b')] }],
    [['-v', '/a:/b:ro', 'busybox'],                   { mounts: [{ ...bind('/a', '/b'), readOnly: true }] }],
    [['-v', '/a:/b:rw', 'busybox'],                   { mounts: [bind('/a', '/b')] }],
    [['-v', '/a:/b:ro,rshared', 'busybox'],           { mounts: [{ ...bind('/a', '/b'), readOnly: true, options: ['rshared'] }] }],
    [['-v', './a:/b', '-v', '..:/c', 'busybox'],      { mounts: [bind('/here/a', '/b'), bind('/', '/c')] }],
    [['--mount', 'type=bind,source=/a,target=/b,readonly', 'busybox'], { mounts: [{ ...bind('/a', '/b'), readOnly: true }] }],
    [['--mount', 'type=bind,src=a,dst=/b,bind-propagation=rslave', 'busybox'], { mounts: [{ ...bind('/here/a', '/b'), options: ['rslave'] }] }],
    [['--mount', 'type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1777', 'busybox'], { mounts: [{ ...tmpfs('/t'), options: ['size=64m', 'mode=1777'] }] }],
    [['--tmpfs', '/t', '--tmpfs', '/s:size=1m,ro', 'busybox'], { mounts: [tmpfs('/t'), { ...tmpfs('/s'), readOnly: true, options: ['size=1m'] }] }],
    [['--network', 'host', 'busybox'],                { network: 'host' }],
    [['--net=none', 'busybox'],                       { network: 'none' }],
    [['--read-only', '--privileged', 'busybox'],      { readOnlyRoot: true, privileged: true }],
    [['--cap-add', 'NET_ADMIN', '--cap-add=A,B', '--cap-drop', 'all', 'busybox'], { addCapabilities: ['NET_ADMIN', 'A', 'B'], dropCapabilities: ['all'] }],
    [['--security-opt', 'no-new-privileges', 'busybox'], { noNewPrivileges: true }],
    [['--security-opt=no-new-privileges:true', 'busybox'], { noNewPrivileges: true }],
    [['--security-opt=no-new-privileges=false', 'busybox'], { noNewPrivileges: false }],
    [['--stop-signal', 'INT', '--stop-timeout', '1.5', 'busybox'], { stopSignal: 'INT', stopTimeoutUSec: 1_500_000 }],
    [['--restart', 'no', '--rm', 'busybox'],          { restartPolicy: 'no', removeOnExit: true }],
    [['--restart', 'always', 'busybox'],              { restartPolicy: 'always' }],
    [['--restart', 'on-failure', 'busybox'],          { restartPolicy: 'on_failure' }],
    [['--restart', 'on-failure:5', 'busybox'],        { restartPolicy: 'on_failure', restartLimit: 5 }],
    [['--runtime', 'runc', 'busybox'],                { runtime: 'runc' }],
    [['--entrypoint', '/bin/sh', 'busybox', '-c', 'x'], { entrypoint: ['/bin/sh'], command: ['-c', 'x'] }],
    [['--entrypoint', '["a","b c"]', 'busybox'],      { entrypoint: ['a', 'b c'] }],
    [['--entrypoint=', 'busybox', 'x'],               { entrypoint: [], command: ['x'] }],
    [['--memory', '512m', 'busybox'],                 { unitProperties: ['MemoryMax=536870912'] }],
    [['-m', '1.5G', 'busybox'],                       { unitProperties: ['MemoryMax=1610612736'] }],
    [['-m', '2gb', 'busybox'],                        { unitProperties: ['MemoryMax=2147483648'] }],
    [['-m', '1000', 'busybox'],                       { unitProperties: ['MemoryMax=1000'] }],
    [['-m', '0', 'busybox'],                          { unitProperties: ['MemoryMax=infinity'] }],
    [['--cpus', '1.5', 'busybox'],                    { unitProperties: ['CPUQuota=150%'] }],
    [['--cpus', '0.333', 'busybox'],                  { unitProperties: ['CPUQuota=33.3%'] }],
    [['--cpus', '0', 'busybox'],                      { unitProperties: ['CPUQuota='] }],
    [['--pids-limit', '100', 'busybox'],              { unitProperties: ['TasksMax=100'] }],
    [['--pids-limit', '-1', 'busybox'],               { unitProperties: ['TasksMax=infinity'] }],
    [['--property', 'IPAddressDeny=any', '--property=CPUWeight=20', '-m', '1k', 'busybox'], { unitProperties: ['MemoryMax=1024', 'IPAddressDeny=any', 'CPUWeight=20'] }],
  ];
  it.each(cases)('%j', async (args, configuration) => {
    const ran = await create(...args);
    expect(ran).toMatchObject({ code: 0, stdout: 'abc\n', stderr: '' });
    expect(ran.configuration).toEqual({ image: 'busybox', ...configuration });
  });

  it('has the variables of files below those given by themselves', async () => {
    const first = file('first', '# a comment\n\n  A=1\nB=two words \nHOME\nNONE\n');
    const second = file('second', 'A=2\r\nC=#3\r\n');
    const { configuration } = await create('--env-file', first, '--env-file', second, '-e', 'C=4', 'busybox');
    expect(configuration?.environment).toEqual({ A: '2', B: 'two words ', HOME: '/home/me', C: '4' });
  });
});

describe('what makes no sense is refused before anyone is asked', () => {
  // prettier-ignore
  const cases: [args: string[], message: string][] = [
    [[],                                        'something is missing'],
    [['-it', 'busybox'],                        'there is no option -i'],
    [['-e', '=x', 'busybox'],                   "--env takes NAME=VALUE or NAME, not '=x'"],
    [['-e', 'A B=x', 'busybox'],                "--env takes NAME=VALUE or NAME, not 'A B=x'"],
    [['--env-file', '/nowhere', 'busybox'],     '--env-file /nowhere cannot be read'],
    [['-l', '=x', 'busybox'],                   "--label takes KEY=VALUE, not '=x'"],
    [['-v', 'data:/b', 'busybox'],              "--volume takes a path of this host, not the name 'data'; write ./data"],
    [['-v', '/a', 'busybox'],                   "--volume takes SOURCE:DESTINATION[:OPTIONS], not '/a'"],
    [['-v', '/a:b', 'busybox'],                 "must be an absolute path, not 'b'"],
    [['-v', '/a:/b:Z', 'busybox'],              "'Z' relabels for SELinux, which berth does not do; leave it out"],
    [['--mount', 'type=volume,dst=/b', 'busybox'], '--mount needs type=bind or type=tmpfs'],
    [['--mount', 'type=bind,dst=/b', 'busybox'], '--mount type=bind needs source=PATH'],
    [['--mount', 'type=bind,src=/a', 'busybox'], '--mount needs destination=PATH'],
    [['--mount', 'type=bind,nope=1', 'busybox'], "--mount does not know 'nope'"],
    [['--mount', 'type=bind,constructor=1', 'busybox'], "--mount does not know 'constructor'"],
    [['--tmpfs', '/a:b:c', 'busybox'],          '--tmpfs takes DESTINATION[:OPTIONS]'],
    [['--network', 'bridge', 'busybox'],        "--network takes none or host, not 'bridge'"],
    [['--security-opt', 'label=disable', 'busybox'], "--security-opt takes no-new-privileges, not 'label=disable'"],
    [['--stop-timeout', '-1', 'busybox'],       "--stop-timeout takes seconds, 0 or more, not '-1'"],
    [['--restart', 'unless-stopped', 'busybox'], "not 'unless-stopped'"],
    [['--restart', 'on-failure:0', 'busybox'],  "not 'on-failure:0'"],
    [['--rm', '--restart', 'always', 'busybox'], '--rm and --restart exclude each other'],
    [['--entrypoint', '[1]', 'busybox'],        "--entrypoint takes a program or a JSON array of strings, not '[1]'"],
    [['--entrypoint', '["a"', 'busybox'],       '--entrypoint takes a program'],
    [['--memory', 'lots', 'busybox'],           "--memory takes an amount such as 512m or 2g, not 'lots'"],
    [['--memory', '-1', 'busybox'],             "not '-1'"],
    [['--cpus', '1e3', 'busybox'],              "--cpus takes a number of CPUs such as 1.5, not '1e3'"],
    [['--pids-limit', '1.5', 'busybox'],        "--pids-limit takes a whole number, 0 or more, not '1.5'"],
    [['--property', 'MemoryMax', 'busybox'],    "--property takes NAME=VALUE as in unit files, not 'MemoryMax'"],
  ];
  it.each(cases)('%j', async (args, message) => {
    const ran = await create(...args);
    expect(ran).toMatchObject({ code: 125, stdout: '', configuration: undefined });
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).toMatch(/^berth: .*; see 'berth create --help'\n$/);
  });
});
