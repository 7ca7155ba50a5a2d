import { describe, expect, it } from 'vitest';
import type { Request } from '../../../../src/container/configuration/configure.ts';
import { unitFor, type UnitCommands } from '../../../../src/container/launch/unit.ts';
import { parseUnitProperty } from '../../../../src/container/configuration/unit-properties.ts';
import type { TransientUnit } from '../../../../src/systemd/units/unit-manager.ts';
import { aWorld } from '../../../support/world.ts';

const commands: UnitCommands = {
  mount: ['/usr/bin/mount', 'it'],
  mountDirectory: '/store/overlay',
  create: ['/usr/bin/crun', 'create', 'ID'],
  start: ['/usr/bin/crun', 'start', 'ID'],
  forget: ['/usr/bin/crun', 'delete', '--force', 'ID'],
  helpers: '/usr/lib/berth',
};
const STANDARD_DEVICES = [
  ['char-*', 'm'],
  ['block-*', 'm'],
  ['char-pts', 'rw'],
  ['/dev/ptmx', 'rwm'],
  ['/dev/tty', 'rwm'],
  ['/dev/console', 'rwm'],
];
const flags = ['privileged', 'no-env-expand'];

async function aUnit(request: Request = {}) {
  await using world = aWorld();
  const container = await world.given('web', 'configured', request);
  const folder = world.folders.of(container.id);
  return { container, folder, unit: unitFor(container, folder, commands, { stdout: 7, stderr: 8 }, 257) };
}
const valueOf = (unit: TransientUnit, name: string): unknown =>
  unit.properties.findLast((each) => each.name === name)?.value;

describe('unitFor', () => {
  it('is the contract', async () => {
    const { unit, folder, container } = await aUnit();
    const bytes = (text: string): Buffer => Buffer.from(text);
    const steps = [
      '/store/overlay',
      ...commands.forget,
      '--',
      ...commands.mount,
      '--',
      ...commands.create,
      '--',
      ...commands.start,
    ];
    expect(unit.name).toBe('berth-web.service');
    expect(Object.fromEntries(unit.properties.map(({ name, signature, value }) => [name, [signature, value]]))).toEqual(
      {
        Description: ['s', 'Container web (busybox)'],
        Slice: ['s', 'berth.slice'],
        CollectMode: ['s', 'inactive'],
        Type: ['s', 'notify'],
        NotifyAccess: ['s', 'main'],
        Delegate: ['b', true],
        DelegateSubgroup: ['s', 'start'],
        OOMPolicy: ['s', 'continue'],
        Environment: ['as', ['LIBMOUNT_FORCE_MOUNT2=always']],
        ExecStartEx: [
          'a(sasas)',
          [['/bin/sh', ['/bin/sh', '/usr/lib/berth/unit-start', folder.path, folder.pidFile, ...steps], flags]],
        ],
        ExecStopPostEx: [
          'a(sasas)',
          [
            [
              '/bin/sh',
              ['/bin/sh', '/usr/lib/berth/unit-stopped', folder.path, folder.pidFile, ...commands.forget],
              flags,
            ],
          ],
        ],
        KillMode: ['s', 'mixed'],
        KillSignal: ['i', 15],
        TimeoutStopUSec: ['t', 10_000_000n],
        SuccessExitStatus: ['(aiai)', [[143], [15]]],
        Restart: ['s', 'no'],
        RestartUSec: ['t', 100_000n],
        RestartSteps: ['u', 8],
        RestartMaxDelayUSec: ['t', 30_000_000n],
        StartLimitIntervalUSec: ['t', 0n],
        StandardOutputFileDescriptor: ['h', 7],
        StandardErrorFileDescriptor: ['h', 8],
        StandardOutput: ['s', 'journal'],
        StandardError: ['s', 'journal'],
        SyslogIdentifier: ['s', 'web'],
        SyslogLevelPrefix: ['b', false],
        LogRateLimitIntervalUSec: ['t', 1000n],
        LogRateLimitBurst: ['u', 100_000_000],
        LogExtraFields: [
          'aay',
          [
            bytes(`CONTAINER_ID=${container.id.slice(0, 12)}`),
            bytes(`CONTAINER_ID_FULL=${container.id}`),
            bytes('CONTAINER_NAME=web'),
            bytes('IMAGE_NAME=busybox'),
          ],
        ],
        DevicePolicy: ['s', 'closed'],
        DeviceAllow: ['a(ss)', STANDARD_DEVICES],
      },
    );
  });

  it('asks for nothing that an older systemd does not know', async () => {
    const { container, folder } = await aUnit();
    const unit = unitFor(container, folder, commands, { stdout: 7, stderr: 8 }, 252);
    for (const name of ['DelegateSubgroup', 'RestartSteps', 'RestartMaxDelayUSec'])
      expect(valueOf(unit, name)).toBeUndefined();
    expect(valueOf(unit, 'RestartUSec')).toBe(1_000_000n);
  });

  it('prepares what the runtime needs before all else', async () => {
    const { container, folder } = await aUnit();
    const prepare = [['/bin/sh', '-c', 'one'], ['/bin/two']];
    const unit = unitFor(container, folder, { ...commands, prepare }, { stdout: 7, stderr: 8 }, 257);
    expect(valueOf(unit, 'ExecStartPreEx')).toEqual([
      ['/bin/sh', prepare[0], flags],
      ['/bin/two', prepare[1], flags],
    ]);
  });

  it('kills what waits to be started, which heeds no signal', async () => {
    const { container, folder } = await aUnit();
    const unit = unitFor(container, folder, commands, { stdout: 7, stderr: 8 }, 257, 'wait');
    const kill = '[ ! -e "$1" ] || kill -s KILL "$MAINPID" 2>/dev/null || :';
    expect(valueOf(unit, 'ExecStopEx')).toEqual([['/bin/sh', ['/bin/sh', '-c', kill, 'sh', folder.hold], flags]]);
  });

  it('has the limits, and those that are given as properties go over them', async () => {
    const resources = { memoryMaxBytes: 4096, cpuQuotaPerSecUSec: 1_500_000, tasksMax: 5, allowedCpus: '0,9' };
    const { unit } = await aUnit({ resources, oomScoreAdjust: -7, unitProperties: ['TasksMax=9'] });
    expect(valueOf(unit, 'MemoryMax')).toBe(4096n);
    expect(valueOf(unit, 'CPUQuotaPerSecUSec')).toBe(1_500_000n);
    expect(valueOf(unit, 'AllowedCPUs')).toEqual(Buffer.from([1, 2]));
    expect(valueOf(unit, 'TasksMax')).toBe(9n);
    expect(valueOf(unit, 'OOMScoreAdjust')).toBe(-7);
  });

  it('says which devices may be used, unless all may', async () => {
    const { unit } = await aUnit({ devices: [{ source: '/dev/full', access: 'mr' }] });
    expect(valueOf(unit, 'DeviceAllow')).toEqual([...STANDARD_DEVICES, ['/dev/full', 'rm']]);
    const { unit: privileged } = await aUnit({ privileged: true, devices: [{ source: '/dev/full' }] });
    for (const name of ['DevicePolicy', 'DeviceAllow']) expect(valueOf(privileged, name)).toBeUndefined();
  });

  it('names the folder where there is no image', async () => {
    const { unit } = await aUnit({ image: undefined, rootDirectory: '/usr', command: ['true'] });
    expect(valueOf(unit, 'Description')).toBe('Container web (/usr)');
    expect(valueOf(unit, 'LogExtraFields')).toHaveLength(3);
  });

  it.each<[string, Request, Record<string, unknown>]>([
    [
      'always',
      { restartPolicy: 'always' },
      { Restart: 'always', StartLimitBurst: undefined, StartLimitIntervalUSec: 0n },
    ],
    ['unless stopped', { restartPolicy: 'unless_stopped' }, { Restart: 'always' }],
    ['on failure', { restartPolicy: 'on_failure' }, { Restart: 'on-failure', StartLimitBurst: undefined }],
    [
      'three times',
      { restartPolicy: 'on_failure', restartLimit: 3 },
      { Restart: 'on-failure', StartLimitBurst: 4, StartLimitIntervalUSec: 2n ** 64n - 1n },
    ],
    [
      'with a delay of its own',
      { restartPolicy: 'always', unitProperties: ['RestartSec=5'] },
      { RestartUSec: 5_000_000n, RestartSteps: undefined, RestartMaxDelayUSec: undefined },
    ],
    [
      'with a limit of its own',
      { restartPolicy: 'always', unitProperties: ['StartLimitBurst=2'] },
      { StartLimitBurst: 2, StartLimitIntervalUSec: undefined },
    ],
  ])('restarts %s', async (_, request, expected) => {
    const { unit } = await aUnit(request);
    for (const [name, value] of Object.entries(expected)) expect(valueOf(unit, name)).toEqual(value);
  });

  it('stops as it is told, at once by SIGKILL, and has time to write down how it ended', async () => {
    const { unit } = await aUnit({ stopSignal: 'INT', stopTimeoutUSec: 1 });
    expect(valueOf(unit, 'KillSignal')).toBe(2);
    expect(valueOf(unit, 'SuccessExitStatus')).toEqual([[130], [2]]);
    expect(valueOf(unit, 'TimeoutStopUSec')).toBe(2_000_000n);
    expect(valueOf((await aUnit({ stopSignal: 'INT', stopTimeoutUSec: 0 })).unit, 'KillSignal')).toBe(9);
  });

  it('ends with the properties that were asked for, so that they go over its own', async () => {
    const { unit } = await aUnit({ unitProperties: ['MemoryMax=1M', 'OOMPolicy=kill', 'Description=mine'] });
    expect(valueOf(unit, 'MemoryMax')).toBe(1_048_576n);
    expect(valueOf(unit, 'OOMPolicy')).toBe('kill');
    expect(valueOf(unit, 'Description')).toBe('mine');
  });
});

describe('parseUnitProperty', () => {
  it.each(
    'Type PIDFile GuessMainPID RemainAfterExit Delegate KillMode ExecStart ExecStartPre ExecStartPost ExecStop ExecStopPost ExecReload ExecCondition Slice CollectMode StandardInput StandardOutput StandardError User Group RootDirectory Environment'.split(
      ' ',
    ),
  )('refuses %s=, which makes the unit a container', (name) => {
    expect(() => parseUnitProperty(`${name}=x`)).toThrow(
      expect.objectContaining({
        code: 'InvalidProperty',
        facts: { property: `${name}=x`, reason: `${name}= is what makes the unit a container` },
      }),
    );
  });

  it.each(['', '=', '=x', 'MemoryMax', 'Nonsense=1', 'constructor=1', 'MemoryMax=much', ' Type=simple'])(
    'refuses %j, and says why',
    (assignment) => {
      expect(() => parseUnitProperty(assignment)).toThrow(
        expect.objectContaining({
          code: 'InvalidProperty',
          facts: { property: assignment, reason: expect.stringMatching(/\w/) },
        }),
      );
    },
  );
});
