/** crun and runc with real bundles: berth's configuration, its command lines, and what the runtimes say of failures. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capabilitiesFor, DEFAULT_CAPABILITIES, grantableCapabilities } from '../../src/oci-spec/capabilities.ts';
import { CliRuntime } from '../../src/oci/cli-runtime.ts';
import { runtimeLog } from '../../src/oci/runtime-log.ts';
import { RUNTIME_NAMES, type RuntimeName } from '../../src/oci/runtime.ts';
import type { RuntimeErrorKind } from '../../src/oci/errors.ts';
import { parseSeccompProfile } from '../../src/oci-spec/seccomp.ts';
import { specFor, type OciSpec, type SpecInput } from '../../src/oci-spec/spec.ts';
import { IMAGES, imagesFolder } from './images.ts';
import { Machine } from './machine.ts';

let machine: Machine;
let profile: string;
beforeAll(async () => {
  machine = await Machine.boot({ show: { [IMAGES]: await imagesFolder() } });
  await machine.sh(`umoci raw unpack --image ${IMAGES}/oci/plain:latest /var/lib/berth/rootfs`);
  profile = await readFile(machine.path('/usr/share/containers/seccomp.json'), 'utf8');
});
afterAll(async () => {
  await machine[Symbol.asyncDispose]();
});

describe.each(RUNTIME_NAMES)('%s', (name) => {
  let runtime: CliRuntime;
  let count = 0;
  beforeAll(async () => {
    const path = (await machine.sh(`command -v ${name}`)).text();
    const enter = ['/usr/bin/nsenter', '-t', String(machine.leader), '-a', '-r', '-w', '--'];
    runtime = new CliRuntime({ name, path, root: `/run/test-${name}`, enter });
  });

  interface Bundle {
    readonly id: string;
    readonly log: string;
    readonly pidFile: string;
    readonly folder: string;
    /** Runs the runtime's `create` as a unit does. */
    readonly create: () => Promise<{ code: number | null }>;
  }

  async function bundleOf(
    input: Partial<SpecInput>,
    change: (spec: OciSpec) => object = (spec) => spec,
  ): Promise<Bundle> {
    count += 1;
    const id = `${name}-${count}`;
    const folder = `/run/bundle-${id}`;
    const capabilities = input.capabilities ?? DEFAULT_CAPABILITIES;
    const spec = specFor({
      rootPath: '/var/lib/berth/rootfs',
      rootAccess: 'writable',
      args: ['/bin/sleep', '1000'],
      environment: { PATH: '/bin:/usr/bin' },
      cwd: '/',
      user: { uid: 0, gid: 0, additionalGids: [] },
      hostname: 'inside',
      terminal: 'none',
      mounts: [],
      namespaces: {},
      confinement: 'standard',
      newPrivileges: 'blocked',
      seccomp: parseSeccompProfile(profile, { architecture: process.arch, kernel: '6.12' })(capabilities),
      cgroupsPath: `/test.slice/${id}`,
      annotations: { 'io.berth.test': 'yes' },
      ...input,
      capabilities,
    });
    await machine.sh(`mkdir -p ${folder}`);
    await writeFile(machine.path(`${folder}/config.json`), JSON.stringify(change(spec)));
    const [log, pidFile] = [`${folder}/log`, `${folder}/pid`];
    const argv = runtime.createArgv({ id, bundle: folder, pidFile, logPath: log });
    return {
      id,
      log: machine.path(log),
      pidFile: machine.path(pidFile),
      folder,
      create: async () => await machine.exec(['systemd-run', '--quiet', '--wait', '--collect', '--', ...argv]),
    };
  }

  /** Runs a script in a container made of `input`, and answers what it wrote to its `/out`. */
  async function outputOf(script: string, input: Partial<SpecInput> = {}): Promise<string> {
    const out = `/run/out-${name}-${count}`;
    await machine.sh(`rm -rf ${out}; mkdir ${out}; chmod 777 ${out}; mkfifo -m 666 ${out}/done`);
    const mounts = [{ destination: '/out', type: 'bind', source: out, options: ['bind', 'rw'] }];
    const args = ['/bin/sh', '-c', `{ ${script}; } >/out/text 2>&1; echo >/out/done`];
    const bundle = await bundleOf({ args, mounts, ...input });
    expect((await bundle.create()).code, String(await runtimeLog.lastError(bundle.log))).toBe(0);
    await runtime.start(bundle.id);
    await machine.sh(`read -r _ <${out}/done`);
    await runtime.delete(bundle.id, { ifRunning: 'kill' });
    return (await readFile(machine.path(`${out}/text`), 'utf8')).trim();
  }

  it('takes a container through its life', async () => {
    expect(await runtime.state('nothing')).toBeUndefined();
    const { id, folder, pidFile, create } = await bundleOf({});
    expect((await create()).code).toBe(0);
    const pid = Number(await readFile(pidFile, 'utf8'));
    const created = await runtime.state(id);
    expect(created).toMatchObject({ id, status: 'created', pid, bundle: folder });
    expect(created?.createdAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    await runtime.start(id);
    expect(await runtime.state(id)).toMatchObject({ status: 'running', pid });
    await expect(runtime.start(id)).rejects.toMatchObject({ name: 'RuntimeError' });
    await expect(runtime.delete(id, { ifRunning: 'refuse' })).rejects.toMatchObject({ name: 'RuntimeError' });
    await machine.sh(`kill -KILL ${pid}; while kill -0 ${pid} 2>/dev/null; do :; done`);
    expect(await runtime.state(id)).toMatchObject({ status: 'stopped', pid: undefined });
    await runtime.delete(id, { ifRunning: 'refuse' });
    await runtime.delete(id, { ifRunning: 'refuse' });
    await machine.check(runtime.deleteArgv(id));
    expect(await runtime.state(id)).toBeUndefined();
  });

  it('kills every process, and takes away what runs', async () => {
    const { id, create } = await bundleOf({ args: ['/bin/sh', '-c', 'sleep 1000 & sleep 1000'] });
    await create();
    await runtime.start(id);
    await machine.check(runtime.deleteArgv(id));
    expect((await machine.exec(['test', '-e', `/sys/fs/cgroup/test.slice/${id}`])).code).not.toBe(0);
  });

  it('confines a container as podman does', async () => {
    const text = await outputOf(
      'grep -E "^(CapEff|CapBnd|CapInh|CapAmb|NoNewPrivs|Seccomp):" /proc/self/status; umask; hostname; ls /sys/class/net; ' +
        'cat /proc/keys | wc -c; touch /proc/sys/kernel/hostname 2>&1; ls /dev; df -k /dev/shm | tail -1',
    );
    expect(text).toMatch(/CapInh:\t0+\n.*CapEff:\t00000000800405fb\n.*CapBnd:\t00000000800405fb\n.*CapAmb:\t0+\n/s);
    expect(text).toContain('NoNewPrivs:\t1\nSeccomp:\t2');
    expect(text).toContain('\n0022\ninside\nlo\n0\n');
    expect(text).toMatch(/Read-only file system/);
    expect(text).toMatch(/\bmqueue\n.*null\n.*ptmx\n.*pts\n.*shm\n/s);
    expect(text).toMatch(/\b65536\b/);
  });

  it('gives a user no capabilities, and its groups', async () => {
    const user = { uid: 1000, gid: 1000, additionalGids: [2000] };
    const text = await outputOf('id; grep CapEff /proc/self/status', { user });
    expect(text).toMatch(/uid=1000.* gid=1000.*groups=.*2000/);
    expect(text).toMatch(/CapEff:\t0+$/);
  });

  it('lets a privileged container do everything', async () => {
    const grantable = grantableCapabilities(await readFile(machine.path('/proc/1/status'), 'utf8'));
    const capabilities = capabilitiesFor({ add: ['ALL'], drop: [] }, grantable).bounding;
    const text = await outputOf(
      'grep Seccomp_filters: /proc/self/status; touch /proc/sys/kernel/hostname && echo writable; mount -t tmpfs tmpfs /tmp && echo mounted',
      {
        capabilities,
        confinement: 'privileged',
        newPrivileges: 'allowed',
      },
    );
    const around = (await machine.sh('grep Seccomp_filters: /proc/1/status')).text(); // nspawn's own
    expect(text).toBe(`${around}\nwritable\nmounted`);
  });

  it("shares the host's network when asked to", async () => {
    await machine.sh('ip link add test-dummy type dummy || true');
    const inside = await outputOf('ls /sys/class/net', { namespaces: { network: 'host' } });
    expect(inside.split('\n')).toEqual((await machine.sh('ls /sys/class/net')).text().split('\n'));
  });

  it('has a read-only root when asked to', async () => {
    expect(await outputOf('touch /file', { rootAccess: 'read-only' })).toMatch(/Read-only file system/);
  });

  it.each<
    [string, RuntimeErrorKind | Record<RuntimeName, RuntimeErrorKind>, Partial<SpecInput>, ((spec: OciSpec) => object)?]
  >([
    ['a program that is not there', 'executable-not-found', { args: ['/bin/nonexistent'] }],
    ['a name that is not in PATH', 'executable-not-found', { args: ['nonexistent'] }],
    ['a program that is a folder', 'not-executable', { args: ['/etc'] }],
    ['a file that is no program', 'not-executable', { args: ['/etc/passwd'] }],
    ['a working directory that is a file', { crun: 'bad-workdir', runc: 'other' }, { cwd: '/etc/passwd' }],
    ['a root that is not there', { crun: 'other', runc: 'bad-rootfs' }, { rootPath: '/nonexistent' }],
    [
      'a mount of nothing',
      'mount-failed',
      { mounts: [{ destination: '/mnt', type: 'bind', source: '/nonexistent', options: ['bind'] }] },
    ],
    ['a configuration that is none', 'bad-spec', {}, () => ({ ociVersion: 1 })],
  ])('says why it refuses %s', async (_, kind, input, change) => {
    const { id, log, create } = await bundleOf(input, change);
    const { code } = await create();
    // Whether a program can be run is found out at `create` by both, but for a file the kernel refuses.
    const failure =
      code === 0
        ? await runtime.start(id).then(
            () => undefined,
            (error: unknown) => error,
          )
        : await runtimeLog.lastError(log);
    await runtime.delete(id, { ifRunning: 'kill' });
    expect(failure).toMatchObject({ name: 'RuntimeError', kind: typeof kind === 'string' ? kind : kind[name] });
  });

  it('says that an id is taken, or unknown, or that there is no such program', async () => {
    const first = await bundleOf({});
    await first.create();
    expect((await first.create()).code).not.toBe(0);
    expect(await runtimeLog.lastError(first.log)).toMatchObject({ kind: 'already-exists' });
    await runtime.delete(first.id, { ifRunning: 'kill' });
    await expect(runtime.start('nothing')).rejects.toMatchObject({ kind: 'no-such-container' });
    expect(await runtimeLog.lastError('/nonexistent')).toBeUndefined();
    const missing = new CliRuntime({ name, path: '/nonexistent', root: '/run' });
    await expect(missing.state('nothing')).rejects.toMatchObject({ kind: 'runtime-missing' });
  });

  it('knows what it can do', async () => {
    const features = await runtime.features();
    expect(features).toMatchObject({ checkpoint: 'supported', cgroupManagers: ['cgroupfs', 'systemd'] });
    expect(features.version).toMatch(/^\d+\.\d+/);
    expect(features.ociVersion?.min).toBe('1.0.0');
    expect(features.capabilities).toContain('CAP_CHOWN');
    expect(features.seccompActions).toContain('SCMP_ACT_ERRNO');
  });
});
