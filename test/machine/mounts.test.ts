/** Mounts of containers, as they are inside and as they leave the host, with both runtimes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Configuration, Mount } from '../../src/api/io-berth-container.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
/** A mount of its own, shared as systemd makes everything, with another mount below it. */
const A = '/run/mounts/a';
const B = '/run/mounts/b';

beforeAll(async () => {
  berth = await Berth.connect(machine);
});
beforeEach(async () => {
  await machine.sh(
    `mkdir -p ${A} ${B}; mount -t tmpfs a ${A}; mkdir ${A}/sub; mount -t tmpfs sub ${A}/sub; touch ${A}/in-a ${A}/sub/in-sub ${B}/in-b`,
  );
});
afterEach(async () => {
  await berth.removeAll();
  await machine.sh(`umount -R ${A}; rm -rf /run/mounts`);
  expect(await leaks(machine)).toEqual([]);
});
afterAll(async () => {
  await berth[Symbol.asyncDispose]();
});

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const bind = (source: string, destination: string, ...options: string[]): Mount => ({
  kind: 'bind',
  source,
  destination,
  options,
});
const tmpfs = (destination: string, ...options: string[]): Mount => ({ kind: 'tmpfs', destination, options });

describe.each(['crun', 'runc'])('%s', (runtime) => {
  let count = 0;
  const nameOf = (what: string): string => `m-${runtime}-${what}-${count++}`;

  async function outputOf(mounts: Mount[], script: string, more: Partial<Configuration> = {}): Promise<string> {
    const name = nameOf('out');
    await berth.run(name, `exec 2>&1; ${script}`, { runtime, mounts, ...more });
    await berth.wait(name);
    return (await berth.lines(name)).map(({ message }) => message).join('\n');
  }

  it('makes them in the order of their depth', async () => {
    expect(await outputOf([bind(A, '/run/a'), tmpfs('/run')], 'ls /run/a')).toBe('in-a\nsub');
    expect(await outputOf([bind(A, '/x/y'), bind(B, '/x')], 'ls -d /x/*; ls /x/y')).toBe('/x/in-b\n/x/y\nin-a\nsub');
    expect(await outputOf([tmpfs('/run')], 'readlink /proc/1/exe', { initProcess: true })).toBe('/run/berth-init');
  });

  it.each([
    ['writable', {}, '10.1.2.3\tdb\ninside\n0\n/etc/in-b'],
    ['read-only', { readOnly: true }, '10.1.2.3\tdb\ninside\n0\n/etc/in-b'],
  ])('keeps hosts, hostname and resolv.conf in an /etc of the host’s that is %s', async (_, access, expected) => {
    const hosts = [{ name: 'db', address: '10.1.2.3' }];
    const script = 'tail -n 1 /etc/hosts; cat /etc/hostname; wc -c </etc/resolv.conf; ls /etc/in-b';
    await machine.sh(`cd ${B}; for each in hosts hostname resolv.conf; do echo theirs >$each; done`);
    const seen = await outputOf([{ ...bind(B, '/etc'), ...access }], script, { hosts, hostname: 'inside' });
    expect(seen).toBe(expected);
    expect((await machine.sh(`cat ${B}/hosts`)).text()).toBe('theirs');
  });

  it('makes none of its files where the client’s folder has no room for them', async () => {
    for (const mount of [{ ...bind(B, '/etc'), readOnly: true }, tmpfs('/etc', 'ro')])
      expect(await outputOf([mount], 'ls /etc/hosts; echo ran')).toMatch(/No such file.*\nran$/);
    expect((await machine.sh(`ls ${B}`)).text()).toBe('in-b');
    expect(await outputOf([bind(`${B}/in-b`, '/etc/hosts')], 'wc -c </etc/hosts')).toBe('0');
  });

  const propagation =
    'while read -r _ _ _ _ place _ fields; do case $place in /m*) echo $place ${fields%% - *};; esac; done </proc/self/mountinfo | sed "s/:[0-9]*//g; s/ -.*//"';
  it.each<[string, string, string]>([
    ['rprivate', '/m', '/m/sub'],
    ['private', '/m', '/m/sub'],
    ['rslave', '/m master', '/m/sub master'],
    ['slave', '/m master', '/m/sub'],
    ['rshared', '/m shared', '/m/sub shared'],
    ['shared', '/m shared', '/m/sub'],
    ['unbindable', '/m unbindable', '/m/sub'],
    ['runbindable', '/m unbindable', '/m/sub unbindable'],
  ])('makes %s what it says', async (option, place, below) => {
    const [own, other = ''] = (await outputOf([bind(A, '/m', option)], propagation)).split('\n');
    expect(own).toBe(place);
    // Of what is below, crun and runc differ where the option says nothing of it.
    if (option.startsWith('r')) expect(other).toBe(below);
  });

  it('shows what the host mounts later where it is a slave, and takes nothing out', async () => {
    const name = nameOf('slave');
    await berth.run(name, FOREVER, { runtime, mounts: [bind(A, '/m', 'rslave')] });
    const pid = (await berth.containers.inspect({ container: name })).runtime.process?.pid ?? 0;
    await machine.sh(`mkdir ${A}/late; mount -t tmpfs late ${A}/late; touch ${A}/late/seen`);
    expect((await machine.sh(`ls /proc/${pid}/root/m/late`)).text()).toBe('seen');
    await machine.sh(`mkdir ${A}/inner; nsenter -t ${pid} -m -r busybox mount -t tmpfs inner /m/inner`);
    expect((await machine.sh(`grep -c ${A}/inner /proc/self/mountinfo || true`)).text()).toBe('0');
  });

  it('shows the host what is mounted inside where it is shared, and nothing else', async () => {
    const name = nameOf('shared');
    const before = (await machine.sh('wc -l </proc/self/mountinfo')).text();
    await berth.run(name, FOREVER, { runtime, mounts: [bind(A, '/m', 'rshared'), tmpfs('/t')] });
    // The root of the container, and that is all.
    expect(Number((await machine.sh('wc -l </proc/self/mountinfo')).text()) - Number(before)).toBe(1);
    const pid = (await berth.containers.inspect({ container: name })).runtime.process?.pid ?? 0;
    await machine.sh(`mkdir ${A}/inner; nsenter -t ${pid} -m -r busybox mount -t tmpfs inner /m/inner`);
    expect((await machine.sh(`grep -c ${A}/inner /proc/self/mountinfo`)).text()).toBe('1');
  });

  it('mounts nothing that is below where that is not wanted', async () => {
    expect(await outputOf([bind(A, '/m')], 'ls /m/sub')).toBe('in-sub');
    expect(await outputOf([bind(A, '/m', 'bind')], 'ls /m/sub')).toBe('');
  });

  it('mounts in what is read-only, too', async () => {
    await machine.sh(`mkdir ${B}/in`);
    const seen = await outputOf([bind(A, '/x/in'), { ...bind(B, '/x'), readOnly: true }], 'ls /x/in; touch /x/y');
    expect(seen).toBe('in-a\nsub\ntouch: /x/y: Read-only file system');
  });

  it('leaves nothing writable that was to be read-only', async () => {
    const script = 'for each in /m /m/sub; do touch $each/x && echo written; done';
    const refusals = ['/m', '/m/sub'].map((place) => `touch: ${place}/x: Read-only file system`).join('\n');
    for (const mount of [
      { ...bind(A, '/m'), readOnly: true },
      bind(A, '/m', 'ro', 'rslave'),
      bind(A, '/m', 'rro', 'z'),
    ])
      expect(await outputOf([mount], script)).toBe(refusals);
    expect(await outputOf([tmpfs('/m', 'ro', 'mode=700')], 'touch /m/x; stat -c %a /m')).toBe(
      'touch: /m/x: Read-only file system\n700',
    );
  });
});

describe('on the command line', () => {
  const run = async (...options: string[]): Promise<{ code: number | null; output: string }> => {
    const image = await berth.image('plain');
    const { code, stdout, stderr } = await machine.exec(['berth', 'run', '--rm', ...options, image, 'touch', '/m/x']);
    return { code, output: `${stdout.toString()}${stderr.toString()}`.trim() };
  };

  it.each(['ro', 'rro', 'ro,z', 'ro,Z', 'ro,rslave,nosuid'])('-v %s is read-only', async (options) => {
    expect(await run('-v', `${A}:/m:${options}`)).toEqual({ code: 1, output: 'touch: /m/x: Read-only file system' });
  });

  it.each(['RO', 'readonly', 'ro,rw', 'nonsense'])('-v %s is refused', async (options) => {
    expect(await run('-v', `${A}:/m:${options}`)).toMatchObject({ code: 125 });
    await machine.sh(`test ! -e ${A}/x`);
  });

  it('the same place twice is refused, with the option', async () => {
    const { code, output } = await run('-v', `${A}:/m`, '--tmpfs', '/m/');
    expect(code).toBe(125);
    expect(output).toContain('no place twice');
  });
});
