import { describe, expect, it } from 'vitest';
import { controllerFor } from '../../../src/unit-file/assignment/controllers.ts';
import { propertiesFromAssignment } from '../../../src/unit-file/assignments.ts';

describe('a property of a unit', () => {
  it.each([
    [
      'memory',
      'MemoryMax=1G MemoryMax=0 MemoryMax=50% MemoryHigh=1G MemoryLow=1 MemoryMin=1 MemorySwapMax=0 MemoryZSwapMax=1',
    ],
    ['memory', 'StartupMemoryMax=1G DefaultMemoryLow=1M DefaultStartupMemoryLow=1M MemoryMin=1%'],
    ['cpu', 'CPUQuota=20% CPUWeight=100 CPUWeight=idle StartupCPUWeight=5'],
    ['cpuset', 'AllowedCPUs=0 StartupAllowedCPUs=0-1 AllowedMemoryNodes=0'],
    ['io', 'IOWeight=10 StartupIOWeight=10'],
    ['pids', 'TasksMax=1 TasksMax=0 TasksMax=10%'],
    [
      undefined,
      'MemoryMax=infinity MemoryMax= MemoryLow=0 MemoryLow= MemoryMin=0% MemorySwapMax=infinity CPUQuota= CPUWeight=',
    ],
    [undefined, 'AllowedCPUs= IOWeight= TasksMax=infinity IOReadBandwidthMax= IODeviceWeight='],
    [
      undefined,
      'CPUQuotaPeriodSec=10ms MemoryAccounting=yes TasksAccounting=yes DevicePolicy=closed IPAddressDeny=any Nice=5',
    ],
  ])('needs the controller %s: %s', (controller, assignments) => {
    const found = assignments.split(' ').flatMap(propertiesFromAssignment).map(controllerFor);
    expect(new Set(found)).toEqual(new Set([controller]));
  });

  it.each([
    ['IOReadBandwidthMax=/dev/sda 1M', 'io'],
    ['IOWriteIOPSMax=/dev/sda infinity', undefined],
    ['IODeviceWeight=/dev/sda 10', 'io'],
    ['IODeviceLatencyTargetSec=/dev/sda 25ms', 'io'],
  ])('that concerns a device, %s, needs %s', (assignment, controller) => {
    expect(propertiesFromAssignment(assignment).map(controllerFor)).toEqual([controller]);
  });
});
