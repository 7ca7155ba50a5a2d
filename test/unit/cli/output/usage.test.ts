import { describe, expect, it } from 'vitest';
import {
  containerError,
  type ContainerHandlers,
  type InspectOutput,
  type Process,
  type Usage,
} from '../../../../src/api/io-berth-container.ts';
import { cpuTimeInDigits } from '../../../../src/cli/output/humanise.ts';
import { aContainer, ID, listing } from '../fixtures.ts';
import { ago, berth } from '../world.ts';

const GB = 1e9;
/** So many seconds after the container was started, which was a minute ago. */
const usageAt = (seconds: number, cpuUsageUSec: number, rest: Partial<Usage> = {}): Usage => ({
  timestamp: ago(60 - seconds),
  cpuUsageUSec,
  memoryBytes: GB / 2,
  memoryMaxBytes: 2 * GB,
  swapBytes: 0,
  receivedBytes: 2000,
  sentBytes: 1000,
  tasks: 3,
  readBytes: 1000,
  writeBytes: 0,
  ...rest,
});
/** Answers these one after the other, then that the container has ended. */
const answering = (...usages: Usage[]): Partial<ContainerHandlers> => ({
  async Stats() {
    const usage = usages.shift();
    if (usage !== undefined) return await Promise.resolve({ usage });
    throw containerError('WrongState', { container: 'web', state: 'exited', operation: 'stats' });
  },
});
const { image: _image, labels: _labels, ports: _ports, ...rest } = aContainer();
const inspected: InspectOutput = { ...rest, configuration: {}, bundle: '/b' };
const Inspect = async (): Promise<InspectOutput> => await Promise.resolve(inspected);
const HEADER =
  'ID             NAME   CPU %    MEMORY / LIMIT     MEMORY %   SWAP   RECEIVED / SENT     READ / WRITTEN   PIDS\n';

describe('stats', () => {
  it('is a table of all that run, with CPU time since they were started', async () => {
    let states: unknown;
    const List: ContainerHandlers['List'] = (input) => {
      ({ states } = input);
      return listing([aContainer()])();
    };
    const containers = { ...answering(usageAt(10, 5_000_000)), List };
    expect(await berth(['stats', '--no-stream'], { containers })).toEqual(
      expect.objectContaining({
        code: 0,
        stdout: `${HEADER}ffffffffffff   web    50.00%   500 MB / 2.00 GB   25.00%     0 B    2.00 kB / 1.00 kB   1.00 kB / 0 B    3\n`,
      }),
    );
    expect(states).toEqual(['running', 'paused']);
  });

  it('goes on with CPU time in between, until those that are named have ended', async () => {
    const containers = { ...answering(usageAt(10, 5_000_000), usageAt(12, 8_000_000)), Inspect };
    const { stdout, code } = await berth(['stats', '-i', '0.001', 'web'], { containers });
    expect(code).toBe(0);
    expect(stdout.split('CPU %')).toHaveLength(4);
    expect(stdout).toContain(' 50.00% ');
    expect(stdout).toContain(' 150.00% ');
  });

  it('counts from the start again when the container was started anew', async () => {
    const containers = { ...answering(usageAt(10, 5_000_000), usageAt(20, 2_000_000)), Inspect };
    expect((await berth(['stats', '-i0', 'web'], { containers })).stdout).toContain(' 10.00% ');
  });

  it('draws over the last table on a terminal', async () => {
    const containers = { ...answering(usageAt(10, 0), usageAt(12, 0)), Inspect };
    const { stdout } = await berth(['stats', '-i0', 'web'], { containers, columns: 80 });
    expect(stdout.startsWith('\u001B[H\u001B[JID ')).toBe(true);
    expect(stdout.split('\u001B[H')).toHaveLength(4);
  });

  it('shows what nobody knows as such, and everything as JSON', async () => {
    const unknown = { timestamp: ago(0) };
    const List = listing([aContainer()]);
    expect((await berth(['stats', '--no-stream'], { containers: { ...answering(unknown), List } })).stdout).toMatch(
      /web +-- +-- \/ -- +-- +-- +-- \/ -- +-- \/ -- +--\n/u,
    );
    const { stdout } = await berth(['stats', '--no-stream', '--format', 'json'], {
      containers: { ...answering(usageAt(10, 5_000_000)), List },
    });
    expect(JSON.parse(stdout)).toEqual([
      { id: ID, name: 'web', cpuPercent: 50, memoryPercent: 25, ...usageAt(10, 5_000_000) },
    ]);
  });

  it('fails for one that is not there, and passes errors on', async () => {
    const gone = async (): Promise<never> =>
      await Promise.reject(containerError('NoSuchContainer', { container: 'x' }));
    expect(await berth(['stats', 'x'], { containers: { Inspect: gone } })).toMatchObject({ stdout: '', code: 125 });
    const Stats = async (): Promise<never> =>
      await Promise.reject(containerError('SystemFailed', { errnoName: 'EIO', message: 'x' }));
    expect(await berth(['stats', 'web'], { containers: { Inspect, Stats } })).toMatchObject({ stdout: '', code: 125 });
  });
});

describe('top', () => {
  const process: Process = {
    process: { pid: 4321 },
    containerPid: 1,
    parentPid: 1,
    uid: 1000,
    state: 'S',
    cpuUsageUSec: 61_500_000,
    residentBytes: 1_200_000,
    startedAt: ago(120),
    command: 'sleep\u001B 1000',
  };
  const containers: Partial<ContainerHandlers> = { Top: async () => await Promise.resolve({ processes: [process] }) };

  it('is a table', async () => {
    expect((await berth(['top', 'web'], { containers })).stdout).toBe(`\
PID   HOST PID   HOST PPID   UID    STATE   CPU TIME   MEMORY    STARTED         COMMAND
1     4321       1           1000   S       1:01.50    1.20 MB   2 minutes ago   sleep\\x1b 1000
`);
  });
  it('or JSON', async () => {
    expect(JSON.parse((await berth(['top', '--format=json', 'web'], { containers })).stdout)).toEqual([process]);
  });
});

it.each([
  [0, '0:00.00'],
  [999_999, '0:00.99'],
  [3_600_000_000, '60:00.00'],
])('%i microseconds of CPU time are %s', (usec, words) => {
  expect(cpuTimeInDigits(usec)).toBe(words);
});
