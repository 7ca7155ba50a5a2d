/** A path that a client names may lead to what never answers: that is its own affair, and nobody else waits for it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Berth } from './berth.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
useBerth(machine, (connected) => {
  berth = connected;
});

/** A FUSE file system whose server reads no request. */
const DEAD = '/mnt/dead';
/** More than there are threads for the files of a process. */
const AT_ONCE = 8;

beforeAll(async () => {
  await berth.image('plain');
  await machine.sh(`mkfifo /tmp/fifo
    mkdir -p ${DEAD} /tmp/layout/blobs
    mkfifo /tmp/layout/index.json
    [ -c /dev/fuse ] || mknod /dev/fuse c 10 229
    systemd-run --quiet --unit=berth-test-dead --property=ExecStartPost='/bin/sh -c "until grep -q ${DEAD} /proc/mounts; do :; done"' \\
      sh -c 'exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 dead ${DEAD}; exec sleep 1000'`);
});
afterAll(async () => {
  await machine.sh(`umount -l ${DEAD}; systemctl stop berth-test-dead.service; rm -rf /tmp/fifo /tmp/layout`);
});

type Call = (caller: Berth) => Promise<unknown>;

/** What asks berthd for a file of the host; all of these are refused in the end. */
const FIFOS: Readonly<Record<string, Call>> = {
  'load of a FIFO': async ({ images }) => await images.load({ path: '/tmp/fifo' }),
  'load of a FIFO that is called an archive': async ({ images }) =>
    await images.load({ path: '/tmp/fifo', transport: 'docker_archive' }),
  'load of a layout whose index is a FIFO': async ({ images }) => await images.load({ path: '/tmp/layout' }),
  'load of a device': async ({ images }) => await images.load({ path: '/dev/zero' }),
  'a seccomp profile that is a FIFO': async ({ containers }) =>
    await containers.create({ configuration: { image: 'plain', seccompProfile: '/tmp/fifo' } }),
};
const DEAD_PATHS: readonly Call[] = [
  async ({ images }) => await images.load({ path: `${DEAD}/image.tar` }),
  async ({ images }) => await images.load({ path: `${DEAD}/image.tar`, transport: 'docker_archive' }),
  async ({ images }) => await images.save({ images: ['plain'], path: `${DEAD}/image.tar` }),
  async ({ containers }) =>
    await containers.create({ configuration: { rootDirectory: `${DEAD}/root`, command: ['true'] } }),
  async ({ containers }) =>
    await containers.create({
      configuration: { image: 'plain', mounts: [{ kind: 'bind', source: `${DEAD}/data`, destination: '/data' }] },
    }),
  async ({ containers }) =>
    await containers.create({ configuration: { image: 'plain', seccompProfile: `${DEAD}/profile` } }),
  async ({ containers }) =>
    await containers.create({ configuration: { image: 'plain', network: `path:${DEAD}/network` } }),
];

/** Makes the calls, and runs a container meanwhile, for which berthd needs files of its own, and threads to reach them. */
async function refused(calls: readonly Call[]): Promise<void> {
  const callers = await Promise.all(calls.map(async () => await Berth.connect(machine)));
  try {
    const outcomes = Promise.allSettled(callers.map(async (caller, index) => await calls[index]?.(caller)));
    await berth.run('b-meanwhile', 'exit 3');
    expect(await berth.wait('b-meanwhile')).toMatchObject({ exitCode: 3 });
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { error: expect.stringMatching(/\.(?:LoadFailed|SaveFailed|InvalidFile)$/) as string },
      });
    }
  } finally {
    await Promise.all(callers.map(async (caller) => await caller[Symbol.asyncDispose]()));
  }
}

it.each(Object.entries(FIFOS))('%s is refused, and others are answered meanwhile', async (_, call) => {
  await refused(Array.from({ length: AT_ONCE }, () => call));
});

it('paths on a dead file system are refused, and others are answered meanwhile', async () => {
  await refused([...DEAD_PATHS, ...DEAD_PATHS]);
});

it('exec asks no dead file system who a user is, and needs none that its container has besides', async () => {
  await machine.sh(`mkdir -p /tmp/far /tmp/etc; echo 'app:x:7:8::/:' >/tmp/etc/passwd; touch /tmp/etc/group`);
  const given = (source: string, destination: string) => ({ kind: 'bind' as const, source, destination });
  const mounts = [given('/tmp/far', '/data'), given('/tmp/etc', '/etc')];
  await berth.run('b-users', 'while :; do sleep 1000; done', { mounts });
  const exec = async (): Promise<string> => {
    const { stdout, stderr } = await machine.exec(['berth', 'exec', '-u', 'app', 'b-users', 'id', '-u']);
    return `${stdout.toString()}${stderr.toString()}`;
  };
  await machine.sh(`mv /tmp/far /tmp/far.was; ln -s ${DEAD}/far /tmp/far`);
  expect(await exec()).toBe('7\n');
  await machine.sh(`mv /tmp/etc /tmp/etc.was; ln -s ${DEAD}/etc /tmp/etc`);
  const refused = expect(exec()).resolves.toContain("'/tmp/etc' cannot be used: its file system does not answer");
  await berth.run('b-meanwhile', 'exit 4');
  expect(await berth.wait('b-meanwhile')).toMatchObject({ exitCode: 4 });
  await refused;
  await machine.sh('rm -r /tmp/far* /tmp/etc*');
});

it('a container whose source has come to lie on a dead file system does not start, and others do', async () => {
  await machine.sh('mkdir -p /tmp/data');
  const mounts = [{ kind: 'bind' as const, source: '/tmp/data', destination: '/data' }];
  await berth.create('b-far', 'exit 0', { mounts });
  await machine.sh(`rmdir /tmp/data; ln -s ${DEAD}/data /tmp/data`);
  const refused = expect(berth.containers.start({ container: 'b-far' })).rejects.toMatchObject({
    error: 'io.berth.Container.InvalidFile',
    parameters: { path: '/tmp/data', reason: 'its file system does not answer' },
  });
  await berth.run('b-near', 'exit 4');
  expect(await berth.wait('b-near')).toMatchObject({ exitCode: 4 });
  await refused;
  await machine.sh('rm /tmp/data');
});
