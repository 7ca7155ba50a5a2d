import { describe, expect, it } from 'vitest';
import { ContainerError } from '../../../../src/container/errors.ts';
import type { Resources } from '../../../../src/container/configuration/configuration.ts';
import {
  mergedResources,
  resourceAssignments,
  resourcesAssignments,
} from '../../../../src/container/configuration/resources.ts';
import { propertiesFromAssignment } from '../../../../src/unit-file/assignments.ts';

describe('resources', () => {
  it.each<[Resources, string[]]>([
    [{}, []],
    [
      { memoryMaxBytes: 1, memoryLowBytes: 0, memorySwapMaxBytes: 0 },
      ['MemoryMax=1', 'MemoryLow=0', 'MemorySwapMax=0'],
    ],
    [{ cpuQuotaPerSecUSec: 1_500_000 }, ['CPUQuota=150.00%']],
    [{ cpuQuotaPerSecUSec: 12_345 }, ['CPUQuota=1.24%']],
    [{ cpuQuotaPerSecUSec: 1 }, ['CPUQuota=0.01%']],
    [
      { cpuWeight: 1, ioWeight: 10_000, tasksMax: 2 ** 53 - 1 },
      ['CPUWeight=1', 'TasksMax=9007199254740991', 'IOWeight=10000'],
    ],
    [{ allowedCpus: '0-3,7', allowedMemoryNodes: '0' }, ['AllowedCPUs=0-3,7', 'AllowedMemoryNodes=0']],
  ])('%j are assignments that systemd takes', (resources, assignments) => {
    expect(resourcesAssignments(resources)).toEqual(assignments);
    for (const assignment of assignments) expect(propertiesFromAssignment(assignment)).toHaveLength(1);
  });

  it.each<[keyof Resources, number | string]>([
    ['memoryMaxBytes', 0],
    ['memoryLowBytes', -1],
    ['memorySwapMaxBytes', 1.5],
    ['cpuQuotaPerSecUSec', 0],
    ['cpuWeight', 10_001],
    ['ioWeight', 0],
    ['tasksMax', 0],
    ['allowedCpus', ''],
    ['allowedCpus', '3-1'],
    ['allowedCpus', '99999'],
    ['allowedCpus', '0\nMemoryMax=1'],
    ['allowedMemoryNodes', 'all'],
  ])('%s of %j is refused by its name', (name, value) => {
    expect(() => resourcesAssignments({ [name]: value })).toThrow(
      new ContainerError('InvalidParameter', { parameter: `resources.${name}` }),
    );
    expect(() => resourceAssignments({ [name]: value }, 'configuration.resources')).toThrow(
      new ContainerError('InvalidParameter', { parameter: `configuration.resources.${name}` }),
    );
  });

  it('that are changed leave the others as they are', () => {
    expect(mergedResources({ tasksMax: 1, cpuWeight: 2 }, { tasksMax: 3, ioWeight: undefined })).toEqual({
      tasksMax: 3,
      cpuWeight: 2,
    });
  });
});
