/** Many containers at once. BERTH_SCALE sets how many run at once in the second test: 500 take a while. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/api/io-berth-container.ts';
import { unitsOf } from './agreement.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;

beforeAll(async () => {
  berth = await Berth.connect(machine);
  await berth.image('plain');
});
afterEach(async () => {
  await berth.removeAll();
});
afterAll(async () => {
  await berth[Symbol.asyncDispose]();
});

const AT_ONCE = 32;
const RUNNING = Number(process.env['BERTH_SCALE'] ?? 100);

/** Does something for each number below `count`, so many at once. */
async function forEach(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const listed = async (): Promise<Summary[]> => {
  const containers: Summary[] = [];
  for await (const { container } of berth.containers.list()) if (container !== undefined) containers.push(container);
  return containers;
};
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
/** berthd's, in MiB. */
const memory = async (): Promise<string> => {
  const { stdout } = await machine.sh(
    'grep ^VmRSS: /proc/$(systemctl show -P MainPID berthd.service)/status | tr -dc 0-9',
  );
  return (Number(stdout.toString()) / 1024).toFixed(0);
};

it('200 containers, 32 started at a time: each is what it was made, and none is left behind', async () => {
  const count = 200;
  const began = performance.now();
  const ids = new Set<string>();
  await forEach(count, AT_ONCE, async (index) => {
    const number = index.toString();
    ids.add(await berth.run(`m-${number}`, `echo I am ${number}; exit ${number}`, { labels: { number } }));
  });
  expect(ids.size).toBe(count);
  await forEach(count, AT_ONCE, async (index) => {
    const exit = await berth.wait(`m-${index.toString()}`);
    expect([index, exit?.exitCode]).toEqual([index, index]);
  });
  const ran = seconds(began);

  const containers = await listed();
  expect(new Set(containers.map(({ id }) => id))).toEqual(ids);
  for (const { name, labels, runtime } of containers)
    expect([name, runtime.state, runtime.exit?.exitCode]).toEqual([
      `m-${labels['number'] ?? ''}`,
      'exited',
      Number(labels['number']),
    ]);
  await forEach(count, 4, async (index) => {
    const lines = (await berth.lines(`m-${index.toString()}`)).map(({ message }) => message);
    expect(lines).toEqual([`I am ${index.toString()}`]);
  });

  const removing = performance.now();
  await forEach(count, AT_ONCE, async (index) => {
    await berth.containers.remove({ container: `m-${index.toString()}` });
  });
  process.stderr.write(`200 containers ran to their ends in ${ran} s, and were removed in ${seconds(removing)} s\n`);
  expect(await listed()).toEqual([]);
  expect(await leaks(machine)).toEqual([]);
}, 180_000);

it(
  `${RUNNING.toString()} containers run at once, and cost berthd no process and hardly any memory`,
  async () => {
    const before = await memory();
    const began = performance.now();
    await forEach(RUNNING, AT_ONCE, async (index) => {
      await berth.run(`r-${index.toString()}`, 'trap "exit 0" TERM; while :; do sleep 100000 & wait; done');
    });
    const started = seconds(began);
    const listing = performance.now();
    const containers = await listed();
    const list = (performance.now() - listing).toFixed(1);
    expect(containers.length).toBe(RUNNING);
    const units = await unitsOf(
      machine,
      containers.map(({ unit }) => unit),
    );
    for (const { name, unit, runtime } of containers) {
      expect([name, runtime.state]).toEqual([name, 'running']);
      expect([name, units.get(unit)?.['MainPID']]).toEqual([name, runtime.process?.pid.toString()]);
    }
    expect(new Set(containers.map(({ runtime }) => runtime.process?.pid)).size).toBe(RUNNING);
    // Nobody watches over them but PID 1.
    const { stdout: group } = await machine.sh('cat /sys/fs/cgroup/system.slice/berthd.service/cgroup.procs');
    expect(group.toString().trim().split('\n').length).toBe(1);
    const after = await memory();
    const removing = performance.now();
    await forEach(RUNNING, AT_ONCE, async (index) => {
      await berth.containers.remove({ container: `r-${index.toString()}`, force: true });
    });
    process.stderr.write(
      `${RUNNING.toString()} containers: started in ${started} s, listed in ${list} ms, removed in ${seconds(removing)} s; ` +
        `berthd had ${before} MiB before and ${after} MiB while they ran\n`,
    );
    expect(await leaks(machine)).toEqual([]);
  },
  60_000 + RUNNING * 600,
);
