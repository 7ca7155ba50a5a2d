/** io.berth.Image against registries as they are: with passwords, certificates, and a line that goes dead half way. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PullOutput } from '../../src/api/io-berth-image.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { GUARDED, HEAVY, OPEN, STALLING, startRegistries, stopRegistries, USER } from './registries.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
let kept: string[];

beforeAll(async () => {
  berth = await Berth.connect(machine);
  await berth.removeAll();
  await berth.removeImages();
  kept = [await berth.image('plain'), await berth.image('layers')];
  await startRegistries(machine);
});
afterAll(async () => {
  await stopRegistries(machine);
  await berth[Symbol.asyncDispose]();
});

const names = async (): Promise<string[]> => {
  const found: string[] = [];
  for await (const { image } of berth.images.list()) found.push(...(image?.names ?? []));
  return found.toSorted();
};
/** Everything of the store on the disk that an image needs, and what lies about of one that never came. */
const stored = async (): Promise<string> => {
  const { stdout } = await machine.sh(`cd /var/lib/berth
    jq -r '.[].id' storage/overlay-layers/layers.json | sort
    ls storage/overlay | grep -v -e '^l$' -e '^staging$' -e '^tempdirs$' | sort
    find storage/overlay/staging storage/overlay/tempdirs storage-temporary -mindepth 1 2>/dev/null || true`);
  return stdout.toString();
};
const PATIENTLY = { timeout: 15_000 };
let before: string;
beforeEach(async () => {
  before = await stored();
});
afterEach(async () => {
  await berth.removeAll();
  for (const name of await names())
    if (!kept.some((image) => name === `localhost/${image}:latest`)) await berth.images.remove({ image: name });
  expect(await stored()).toBe(before);
  expect(await leaks(machine)).toEqual([]);
});

const refusal = (image: string, reason: string) => ({
  error: 'io.berth.Image.PullFailed',
  parameters: { image, reason },
});

describe('Pull', () => {
  it('tells with more how far it is, and without more only how it went', async () => {
    const replies: PullOutput[] = [];
    for await (const reply of berth.images.pullMore({ image: `${OPEN}/test/layers:1`, verifyTls: false }))
      replies.push(reply);
    const steps = replies.map(({ progress }) => progress?.step);
    expect([steps[0], steps.at(-2), steps.at(-1)]).toEqual(['resolving', 'storing', undefined]);
    expect(steps.slice(1, -2)).toContain('configuration');
    expect(replies.at(-1)?.image?.names).toContain(`${OPEN}/test/layers:1`);
    const { image } = await berth.images.pull({ image: `${OPEN}/test/plain:1`, verifyTls: false });
    expect(image?.names).toContain(`${OPEN}/test/plain:1`);
  });

  it('says why a registry gave nothing', async () => {
    const pull = async (image: string, verifyTls = false) => await berth.images.pull({ image, verifyTls });
    await expect(pull(`${OPEN}/test/none:1`)).rejects.toMatchObject(refusal(`${OPEN}/test/none:1`, 'not_found'));
    await expect(pull(`${OPEN}/test/plain:none`)).rejects.toMatchObject(
      refusal(`${OPEN}/test/plain:none`, 'not_found'),
    );
    await expect(pull('localhost:1/test/plain:1')).rejects.toMatchObject(
      refusal('localhost:1/test/plain:1', 'unreachable'),
    );
    await expect(pull('registry.invalid/plain:1')).rejects.toMatchObject(
      refusal('registry.invalid/plain:1', 'unreachable'),
    );
    await expect(pull(`${OPEN}/test/plain:1`, true)).rejects.toMatchObject(
      refusal(`${OPEN}/test/plain:1`, 'unreachable'),
    );
    await expect(pull('NO NAME')).rejects.toMatchObject({ error: 'org.varlink.service.InvalidParameter' });
  });

  it('shows its credentials, which are right, wrong or missing', async () => {
    const image = `${GUARDED}/test/plain:1`;
    await expect(berth.images.pull({ image, verifyTls: false })).rejects.toMatchObject(refusal(image, 'unauthorized'));
    await expect(berth.images.pull({ image, verifyTls: false, ...USER, password: 'wrong' })).rejects.toMatchObject(
      refusal(image, 'unauthorized'),
    );
    await expect(berth.images.pull({ image, verifyTls: false, username: 'ship' })).rejects.toMatchObject({
      error: 'org.varlink.service.InvalidParameter',
    });
    expect((await berth.images.pull({ image, verifyTls: false, ...USER })).image?.names).toContain(image);
  });

  it('trusts only certificates that can be verified, unless told otherwise', async () => {
    const image = `${GUARDED}/test/plain:1`;
    await expect(berth.images.pull({ image, ...USER })).rejects.toMatchObject(refusal(image, 'unreachable'));
    await machine.sh(`mkdir -p /etc/containers/certs.d
      cp -r /tmp/registries/certs '/etc/containers/certs.d/${GUARDED}'`);
    expect((await berth.images.pull({ image, ...USER })).image?.names).toContain(image);
    await machine.sh('rm -r /etc/containers/certs.d');
  });
});

it('short names come from where registries.conf says', async () => {
  const configure = async (text: string): Promise<void> => {
    await machine.sh('cat >/etc/containers/registries.conf.d/zz-berth-test.conf', { input: text });
  };
  const pull = async (image: string) => await berth.images.pull({ image, verifyTls: false });
  const registries = `unqualified-search-registries = ["localhost:1", "${OPEN}"]\n`;
  await configure(`${registries}[aliases]\n"freight" = "${OPEN}/test/heavy"\n`);
  expect((await pull('freight:1')).image?.names).toEqual([HEAVY]);
  expect((await berth.images.inspect({ image: 'freight:1' })).image.names).toEqual([HEAVY]);
  await berth.images.tag({ image: 'freight:1', name: 'cargo' });
  await berth.images.remove({ image: 'freight:1' });
  expect((await berth.images.inspect({ image: 'cargo' })).image.names).toEqual(['localhost/cargo:latest']);

  await expect(pull('test/plain:1')).rejects.toMatchObject(refusal('test/plain:1', 'other'));
  await configure(`${registries}short-name-mode = "permissive"\n`);
  expect((await pull('test/plain:1')).image?.names).toContain(`${OPEN}/test/plain:1`);
  await expect(pull('test/none')).rejects.toMatchObject(refusal('localhost:1/test/none:latest', 'unreachable'));
  await configure('unqualified-search-registries = [');
  await expect(pull('test/plain:1')).rejects.toMatchObject(refusal('test/plain:1', 'other'));
  await machine.sh('rm /etc/containers/registries.conf.d/zz-berth-test.conf');
});

it('tells with more how many bytes are here, and of how many', async () => {
  const caller = await Berth.connect(machine);
  const seen: number[] = [];
  const pull = async (): Promise<void> => {
    for await (const { progress } of caller.images.pullMore({ image: `${STALLING}/test/heavy:1`, verifyTls: false })) {
      if (progress?.step !== 'fetching' || progress.totalBytes === undefined) continue;
      seen.push(progress.fetchedBytes ?? 0);
      // The layer is five megabytes of noise; the registry sends the first 1 MiB of it as it packed them.
      expect(progress.totalBytes).toBeGreaterThan(5_000_000);
      if (seen.at(-1) === 1024 * 1024) return;
    }
  };
  await pull();
  await caller[Symbol.asyncDispose]();
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  await expect.poll(async () => await leaks(machine), PATIENTLY).toEqual([]);
});

describe('a pull that is cut off leaves nothing', () => {
  const image = `${STALLING}/test/heavy:1`;
  /** Begins a pull that gets stuck, and resolves when it has. */
  const stall = async (caller: Berth): Promise<{ cut: Promise<unknown> }> => {
    const layer = Promise.withResolvers<undefined>();
    const pull = async (): Promise<void> => {
      for await (const { progress } of caller.images.pullMore({ image, verifyTls: false }))
        if (progress?.step === 'layer') layer.resolve(undefined);
    };
    const cut = pull().then(
      () => undefined,
      (error: unknown) => error,
    );
    await Promise.race([layer.promise, cut.then((error) => Promise.reject(error as Error))]);
    await expect
      .poll(
        async () => Number((await machine.sh('du -sb /var/lib/berth/storage-temporary | cut -f1')).text()),
        PATIENTLY,
      )
      .toBeGreaterThan(500_000);
    return { cut };
  };

  it('when the caller hangs up', async () => {
    const caller = await Berth.connect(machine);
    const { cut } = await stall(caller);
    await expect
      .poll(async () => await leaks(machine), PATIENTLY) // another skopeo may still be asking for the sizes
      .toEqual([expect.stringContaining('skopeo')]);
    await caller[Symbol.asyncDispose]();
    expect(await cut).toBeInstanceOf(Error);
    await expect.poll(async () => await leaks(machine), PATIENTLY).toEqual([]);
    await expect.poll(stored, PATIENTLY).toBe(before);
  });

  it('when berthd is killed', async () => {
    const { cut } = await stall(berth);
    await machine.check(['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'berthd.service']);
    expect(await cut).toBeInstanceOf(Error);
    await berth[Symbol.asyncDispose]();
    berth = await Berth.connect(machine);
    expect(await names()).not.toContain(image);
    await expect.poll(async () => await leaks(machine), PATIENTLY).toEqual([]);
    await expect.poll(stored, PATIENTLY).toBe(before);
  });
});

it('Save and Load carry an image through every transport', async () => {
  const { image } = await berth.images.inspect({ image: 'layers' });
  for (const transport of ['oci', 'oci_archive', 'docker_archive'] as const) {
    const path = `/tmp/saved-${transport}`;
    await berth.images.tag({ image: 'layers', name: `localhost/saved-${transport}` });
    await berth.images.save({ images: [`localhost/saved-${transport}`], path, transport });
    await expect(berth.images.save({ images: ['layers'], path, transport })).rejects.toMatchObject({
      error: 'io.berth.Image.SaveFailed',
      parameters: { path },
    });
    await berth.images.remove({ image: image.id });
    await expect(berth.images.inspect({ image: 'layers' })).rejects.toMatchObject({
      error: 'io.berth.Image.NoSuchImage',
    });
    const {
      images: [loaded],
    } = await berth.images.load({ path, name: 'layers' });
    expect([transport, loaded?.image.id, loaded?.image.sizeBytes]).toEqual([transport, image.id, image.sizeBytes]);
    await machine.sh(`rm -r ${path}`);
  }
});

it('Tag, Inspect, Remove and Prune know names from images, and what is in use', async () => {
  await berth.images.pull({ image: HEAVY, verifyTls: false });
  await berth.images.tag({ image: HEAVY, name: 'weight' });
  const { image, layers } = await berth.images.inspect({ image: 'weight' });
  expect(image.names.toSorted()).toEqual(['localhost/weight:latest', HEAVY].toSorted());
  expect(layers).toHaveLength(1);
  await berth.images.remove({ image: HEAVY });
  expect((await berth.images.inspect({ image: image.id })).image.names).toEqual(['localhost/weight:latest']);

  await berth.containers.create({ configuration: { image: 'weight', name: 'i-uses', command: ['/none'] } });
  for (const reference of ['weight', image.id, image.id.slice(0, 12)])
    await expect(berth.images.remove({ image: reference })).rejects.toMatchObject({
      error: 'io.berth.Image.ImageInUse',
      parameters: { containers: ['i-uses'] },
    });
  const pruned = async (all?: boolean): Promise<(string | undefined)[]> => {
    const ids: (string | undefined)[] = [];
    for await (const { id } of berth.images.prune(all === undefined ? {} : { all })) if (id !== undefined) ids.push(id);
    return ids;
  };
  expect(await pruned()).toEqual([]);
  await berth.containers.create({ configuration: { image: 'plain', name: 'i-plain', command: ['/none'] } });
  await berth.containers.create({ configuration: { image: 'layers', name: 'i-layers', command: ['/none'] } });
  expect(await pruned(true)).toEqual([]);
  await berth.containers.remove({ container: 'i-uses' });
  // A name that goes to another image leaves the first without any.
  await berth.images.tag({ image: 'plain', name: 'weight' });
  expect(await pruned()).toEqual([image.id]);
});

it('berth run pulls what --pull says, and --replace makes room', async () => {
  const image = `${OPEN}/test/plain:1`;
  const cli = async (...argv: string[]) => {
    const { code, stdout, stderr } = await machine.exec(['berth', 'run', ...argv]);
    return { code, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  const command = [image, 'echo', 'hello'];
  expect(await cli('--pull=never', ...command)).toMatchObject({ code: 125, stdout: '' });
  expect(await cli('--rm', ...command)).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('cannot be pulled'),
  });
  const insecure = '--tls-verify=false';
  const pulled = await cli('--rm', insecure, ...command);
  expect(pulled).toMatchObject({
    code: 0,
    stdout: 'hello\n',
    stderr: expect.stringContaining(`Looking up ${image}\n`),
  });
  expect(await cli('--rm', ...command)).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  expect(await cli('--rm', '--pull=always', ...command)).toMatchObject({ code: 125, stdout: '' });
  expect(await cli('--rm', '-q', '--pull=newer', ...command)).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });

  const named = ['--name', 'p-web', image, 'sleep', '1000'];
  expect(await cli('-d', ...named)).toMatchObject({ code: 0 });
  const { id } = await berth.containers.inspect({ container: 'p-web' });
  expect(await cli('-d', ...named)).toMatchObject({ code: 125, stderr: expect.stringContaining('--name') });
  expect(await cli('-d', '--replace', ...named)).toMatchObject({ code: 0 });
  const replaced = await berth.containers.inspect({ container: 'p-web' });
  expect([replaced.id === id, replaced.runtime.state]).toEqual([false, 'running']);
});
