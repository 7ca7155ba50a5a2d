/**
 * Limits as the kernel enforces them. The machine that the other specs share has no controllers of cgroup v2, so this is one with
 * a kernel of its own; no spec here looks at a clock, for its processor is emulated.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../packaging/package.ts';
import type { Configuration } from '../../src/api/io-berth-container.ts';
import { Berth, bytesOf } from './berth.ts';
import { leaks } from './leaks.ts';
import { QemuMachine, QemuUnavailable } from './qemu.ts';

const MIB = 1024 * 1024;
/** Takes so much memory at once. */
const take = (mib: number): string => `dd if=/dev/zero of=/dev/null bs=${mib.toString()}M count=1`;
/** Each look costs an emulated processor a second. */
const PATIENCE = { timeout: 90_000, interval: 1000 };

let machine: QemuMachine;
let berth: Berth;
let unavailable: string | undefined;

beforeAll(async () => {
  try {
    machine = await QemuMachine.boot(await buildPackage({ types: 'unchecked' }));
  } catch (error) {
    if (!(error instanceof QemuUnavailable)) throw error;
    unavailable = error.message;
    process.stderr.write(`skipped: ${unavailable}\n`);
    return;
  }
  berth = await Berth.at(machine.berth, machine);
  await berth.image('plain');
}, 600_000);

beforeEach(({ skip }) => {
  if (unavailable !== undefined) skip(unavailable);
});
afterEach(async ({ task }) => {
  if (unavailable !== undefined || task.result?.state !== 'fail') return;
  const journal = await machine.sh('journalctl --no-pager --output=short-monotonic --lines=200');
  process.stderr.write(`--- the emulated machine\n${journal.text()}\n---\n`);
}, 120_000);
afterAll(async () => {
  if (unavailable !== undefined) return;
  await berth.removeAll();
  expect(await leaks(machine)).toEqual([]);
  await berth[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
}, 240_000);

/** Ends with 3 when it is asked to. */
const FOREVER = 'trap "exit 3" TERM; while :; do sleep 1000 & wait; done';
const run = async (name: string, script: string, configuration: Partial<Configuration>): Promise<unknown> =>
  await berth.run(name, script, { image: 'plain', ...configuration });
/** Waits for the `nth` line of a container that begins so. */
async function said(container: string, begin: string, nth = 1): Promise<string> {
  let seen = 0;
  for await (const { lines = [] } of berth.containers.logs({ container, follow: true })) {
    for (const line of lines) {
      const text = bytesOf(line).toString();
      if (text.startsWith(begin) && ++seen === nth) return text;
    }
  }
  throw new Error(`${container} ended without saying "${begin}" ${nth.toString()} times`);
}
/** Files of the group of a container's unit, one after another. */
const group = async (container: string, ...files: string[]): Promise<string[]> =>
  (await machine.sh(`cd /sys/fs/cgroup/berth.slice/berth-${container}.service; cat ${files.join(' ')}`))
    .text()
    .split('\n');

describe('limits', { timeout: 240_000 }, () => {
  it('a container has controllers of its own, and its unit can run programs beside it', async () => {
    const { controllers: available, limits } = await berth.system.getInfo();
    expect(available).toEqual(expect.arrayContaining(['cpu', 'cpuset', 'io', 'memory', 'pids']));
    expect(limits).toHaveLength(9);
    expect(limits.filter(({ problem }) => problem !== undefined)).toEqual([]);
    await run('own', FOREVER, {});
    const [type, containers, controllers] = await group(
      'own',
      'cgroup.type',
      'container/cgroup.type',
      'container/cgroup.controllers',
    );
    expect([type, containers]).toEqual(['domain', 'domain']);
    expect(controllers).toMatch(/\bmemory\b.*\bpids\b/);
    await berth.containers.stop({ container: 'own' });
    expect(await berth.wait('own')).toMatchObject({ exitCode: 3 });
    const record = await machine.sh('cat /var/lib/berth/containers/*/exit');
    expect(record.text()).toMatch(/^EXIT_STATUS=3$/m);
    expect(await leaks(machine, /^(?:unit|file) /)).toEqual([]);
  });

  it('reach the unit, and what is changed reaches every later run, too', async () => {
    const resources = {
      memoryMaxBytes: 64 * MIB,
      memoryLowBytes: MIB,
      memorySwapMaxBytes: 0,
      cpuQuotaPerSecUSec: 1_500_000,
      cpuWeight: 50,
      allowedCpus: '0',
      allowedMemoryNodes: '0',
      tasksMax: 77,
      ioWeight: 10,
    };
    await run('resources', FOREVER, { resources });
    const limits = {
      MemoryMax: String(64 * MIB),
      MemoryLow: String(MIB),
      MemorySwapMax: '0',
      CPUQuotaPerSecUSec: '1.500000s',
      CPUWeight: '50',
      AllowedCPUs: '0',
      AllowedMemoryNodes: '0',
      TasksMax: '77',
      IOWeight: '10',
    };
    const shown = async (): Promise<object> => await berth.show('berth-resources.service', ...Object.keys(limits));
    expect(await shown()).toEqual(limits);
    await machine.check(['berth', 'update', '--pids-limit', '40', '--cpu-shares', '2048', '-m', '0', 'resources']);
    await berth.containers.update({ container: 'resources', unitProperties: ['IOWeight=20'] });
    const changed = { ...limits, MemoryMax: 'infinity', TasksMax: '40', CPUWeight: '174', IOWeight: '20' };
    expect(await shown()).toEqual(changed);
    await berth.containers.restart({ container: 'resources' });
    expect(await shown()).toEqual(changed);
    await machine.check(['berth', 'update', '-c', '0', 'resources']);
    expect(await berth.show('berth-resources.service', 'CPUWeight')).toEqual({ CPUWeight: '[not set]' });
  });

  it('whose controller is taken away from the slice are refused, and those that are lifted are not', async () => {
    const drop = '/run/systemd/system/berth.slice.d/10-without.conf';
    await machine.sh(`mkdir -p $(dirname ${drop}); printf '[Slice]\\nDisableControllers=pids' >${drop}`);
    await machine.check(['systemctl', 'daemon-reload']);
    try {
      const reason = 'DisableControllers= of berth.slice takes it away';
      const { controllers, limits } = await berth.system.getInfo();
      expect(controllers).not.toContain('pids');
      expect(limits).toContainEqual({ name: 'tasksMax', controller: 'pids', problem: reason });
      await expect(run('without', 'true', { resources: { tasksMax: 5 } })).rejects.toMatchObject({
        error: 'io.berth.Container.NoController',
        parameters: { parameter: 'configuration.resources.tasksMax', controller: 'pids', reason },
      });
      await run('without', 'true', { unitProperties: ['TasksMax=infinity'], resources: { cpuWeight: 50 } });
      await berth.wait('without');
    } finally {
      await machine.sh(`rm ${drop}; systemctl daemon-reload`);
    }
  });

  it('a container that takes more memory than it may is killed for it: so say Wait, Inspect, ps and the journal', async () => {
    await run('memory', `exec ${take(100)}`, { resources: { memoryMaxBytes: 48 * MIB, memorySwapMaxBytes: 0 } });
    const exit = { exitCode: 137, signal: 'SIGKILL', oomKilled: true };
    expect(await berth.wait('memory')).toMatchObject(exit);
    expect((await berth.containers.inspect({ container: 'memory' })).runtime).toMatchObject({ state: 'exited', exit });
    expect((await machine.check(['berth', 'ps', '--all'])).text()).toMatch(/Exited \(137\).*out of memory.*memory/);
    const { MemoryPeak } = await berth.show('berth-memory.service', 'MemoryPeak');
    expect(Number(MemoryPeak)).toBeLessThanOrEqual(48 * MIB);
    const journal = await machine.check(['journalctl', '--unit=berth-memory.service', '--output=cat', '--no-pager']);
    expect(journal.text()).toMatch(/killed by the OOM killer/);
  });

  it('what does not fit into memory goes to swap, as far as that is allowed', async () => {
    await machine.sh('fallocate -l 128M /swap; chmod 600 /swap; mkswap -q /swap; swapon /swap');
    await run('swap', `dd if=/dev/zero of=/dev/shm/file bs=1M count=80; echo "dd: $?"; ${FOREVER}`, {
      resources: { memoryMaxBytes: 48 * MIB, memorySwapMaxBytes: 96 * MIB },
      sharedMemoryBytes: 100 * MIB,
    });
    expect(await said('swap', 'dd:')).toBe('dd: 0');
    const [current] = await group('swap', 'memory.swap.current');
    expect(Number(current)).toBeGreaterThan(16 * MIB);
  });

  it('a container has no more processes than it may', async () => {
    await run('tasks', 'for i in $(seq 50); do sleep 1000 & done', { resources: { tasksMax: 20 } });
    expect(await said('tasks', 'sh:')).toMatch(/can't fork/);
    expect(await berth.wait('tasks')).toMatchObject({ exitCode: 2, oomKilled: false });
  });

  it('a container has its share of processor and disk, and no more', async () => {
    await run('share', 'while :; do :; done', {
      resources: { cpuQuotaPerSecUSec: 500_000, cpuWeight: 50, ioWeight: 200 },
      unitProperties: ['IOReadBandwidthMax=/dev/nvme0n1 1M', 'IOWriteIOPSMax=/dev/nvme0n1 100'],
    });
    const [quota, cpuWeight, ioWeight, io] = await group('share', 'cpu.max', 'cpu.weight', 'io.weight', 'io.max');
    expect([quota, cpuWeight, ioWeight]).toEqual(['50000 100000', '50', 'default 200']);
    expect(io).toMatch(/^\d+:0 rbps=1000000 wbps=max riops=max wiops=100$/);
    const throttled = async (): Promise<number> => {
      const lines = await group('share', 'cpu.stat');
      return Number(/^nr_throttled (\d+)$/m.exec(lines.join('\n'))?.[1]);
    };
    const before = await throttled();
    await expect.poll(throttled, PATIENCE).toBeGreaterThan(before + 5);
  });

  it('limits that are changed hold at once, whoever changes them', async () => {
    await run('changed', `trap '${take(60)}; echo "dd: $?"' USR1; echo ready; ${FOREVER}`, {
      resources: { memorySwapMaxBytes: 0 },
    });
    await said('changed', 'ready');
    let asked = 0;
    const takes = async (): Promise<string> => {
      await berth.containers.kill({ container: 'changed', signal: 'USR1' });
      return await said('changed', 'dd:', ++asked);
    };
    expect(await takes()).toBe('dd: 0');
    await berth.containers.update({
      container: 'changed',
      resources: { memoryMaxBytes: 32 * MIB, tasksMax: 30, cpuQuotaPerSecUSec: 1_500_000, ioWeight: 300 },
    });
    expect(await takes()).toBe('dd: 137');
    expect(await group('changed', 'memory.max', 'pids.max', 'cpu.max', 'io.weight')).toEqual([
      (32 * MIB).toString(),
      '30',
      '150000 100000',
      'default 300',
    ]);

    const assignments = ['MemoryMax=200M', 'TasksMax=40'];
    await machine.check(['systemctl', 'set-property', '--runtime', 'berth-changed.service', ...assignments]);
    expect(await takes()).toBe('dd: 0');
    const { limits } = await berth.containers.inspect({ container: 'changed' });
    expect(limits).toMatchObject({ memoryMaxBytes: 200 * MIB, tasksMax: 40, cpuQuotaPerSecUSec: 1_500_000 });

    // The kill was another process's than the container's first.
    expect(await group('changed', 'memory.events')).toContain('oom_kill 1');
    await berth.containers.stop({ container: 'changed' });
    expect(await berth.wait('changed')).toMatchObject({ exitCode: 3, oomKilled: false });
  });
});
