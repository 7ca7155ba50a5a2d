import { describe, expect, it } from 'vitest';
import { containerInterface } from '../../../src/api/io-berth-container.ts';
import { imageInterface } from '../../../src/api/io-berth-image.ts';
import { networkInterface } from '../../../src/api/io-berth-network.ts';
import { volumeInterface } from '../../../src/api/io-berth-volume.ts';
import { systemInterface } from '../../../src/api/io-berth-system.ts';
import { ContainerError, type Refusals } from '../../../src/container/errors.ts';
import { ImageError } from '../../../src/image/errors.ts';
import { JournalReadFailed, JournalUnavailable } from '../../../src/journal/errors.ts';
import { DescriptorUnavailable } from '../../../src/lib/peer-descriptors.ts';
import { NetavarkFailed } from '../../../src/netavark/errors.ts';
import { NetworkError, type NetworkRefusals } from '../../../src/network/errors.ts';
import { VolumeError, type VolumeRefusals } from '../../../src/volume/errors.ts';
import { RuntimeError } from '../../../src/oci/errors.ts';
import { answerFor, internalError } from '../../../src/service/errors.ts';
import * as storage from '../../../src/storage/errors.ts';
import { BusDisconnected, BusUnavailable, UnitJobFailed, UnitRefused } from '../../../src/systemd/errors.ts';
import { VarlinkError } from '../../../src/varlink/errors.ts';
import { FakeLog } from '../../support/fakes.ts';

const CONTAINER = 'io.berth.Container';
const IMAGE = 'io.berth.Image';
const NETWORK = 'io.berth.Network';
const VOLUME = 'io.berth.Volume';
const INVALID = 'org.varlink.service.InvalidParameter';
const errno = (code: string): Error => Object.assign(new Error('it says'), { code, syscall: 'open' });

const refusal = <C extends keyof Refusals>(code: C, facts: Refusals[C]): Error => new ContainerError(code, facts);
const ofNetwork = <C extends keyof NetworkRefusals>(code: C, facts: NetworkRefusals[C]): Error =>
  new NetworkError(code, facts);
const ofVolume = <C extends keyof VolumeRefusals>(code: C, facts: VolumeRefusals[C]): Error =>
  new VolumeError(code, facts);
const declared = [containerInterface, imageInterface, networkInterface, volumeInterface, systemInterface].flatMap(
  ({ name, text }) => [...text.matchAll(/^error (\w+)/gm)].map(([, error]) => `${name}.${error}`),
);

describe('answerFor', () => {
  it.each<[Error, string, string, object]>([
    [refusal('NoSuchContainer', { container: 'x' }), CONTAINER, 'NoSuchContainer', { container: 'x' }],
    [
      refusal('AmbiguousContainer', { container: 'a', candidates: ['x'] }),
      CONTAINER,
      'AmbiguousContainer',
      { container: 'a', candidates: ['x'] },
    ],
    [refusal('ContainerExists', { name: 'x' }), CONTAINER, 'ContainerExists', { name: 'x' }],
    [
      refusal('WrongState', { container: 'x', state: 'paused', operation: 'stop' }),
      CONTAINER,
      'WrongState',
      { container: 'x', state: 'paused', operation: 'stop' },
    ],
    [
      new DescriptorUnavailable(4, 'not-open'),
      CONTAINER,
      'DescriptorUnavailable',
      { descriptor: 4, reason: 'not_open' },
    ],
    [refusal('AlreadyStopped', { container: 'x' }), CONTAINER, 'AlreadyStopped', { container: 'x' }],
    [refusal('NoSuchImage', { image: 'x' }), CONTAINER, 'NoSuchImage', { image: 'x' }],
    [refusal('NoSuchRuntime', { runtime: 'x' }), CONTAINER, 'NoSuchRuntime', { runtime: 'x' }],
    [refusal('NoSuchUser', { user: 'x' }), CONTAINER, 'NoSuchUser', { user: 'x' }],
    [refusal('NoSuchPath', { container: 'x', path: '/y' }), CONTAINER, 'NoSuchPath', { container: 'x', path: '/y' }],
    [
      refusal('CopyFailed', { container: 'x', path: '/y', reason: 'z' }),
      CONTAINER,
      'CopyFailed',
      { container: 'x', path: '/y', reason: 'z' },
    ],
    [refusal('NoCommand', { image: 'x' }), CONTAINER, 'NoCommand', { image: 'x' }],
    [refusal('NoSuchSource', { source: '/x' }), CONTAINER, 'NoSuchSource', { source: '/x' }],
    [
      refusal('InvalidProperty', { property: 'A', reason: 'r' }),
      CONTAINER,
      'InvalidProperty',
      { property: 'A', reason: 'r' },
    ],
    [
      refusal('CommandNotFound', { container: 'x', message: 'm' }),
      CONTAINER,
      'CommandNotFound',
      { container: 'x', message: 'm' },
    ],
    [
      refusal('CommandNotExecutable', { container: 'x', message: 'm' }),
      CONTAINER,
      'CommandNotExecutable',
      { container: 'x', message: 'm' },
    ],
    [
      refusal('RuntimeFailed', { container: 'x', runtime: 'crun', message: 'm' }),
      CONTAINER,
      'RuntimeFailed',
      { container: 'x', runtime: 'crun', message: 'm' },
    ],
    [
      refusal('UnitFailed', { unit: 'u', result: 'timeout' }),
      CONTAINER,
      'UnitFailed',
      { unit: 'u', result: 'timeout' },
    ],
    [refusal('UnitExists', { unit: 'u' }), CONTAINER, 'UnitExists', { unit: 'u' }],
    [new UnitJobFailed('u', 'timeout'), CONTAINER, 'UnitFailed', { unit: 'u', result: 'timeout' }],
    [
      new UnitRefused('u', 'org.freedesktop.DBus.Error.InvalidArgs', 'no'),
      CONTAINER,
      'UnitFailed',
      { unit: 'u', result: 'no' },
    ],
    [new BusUnavailable('no bus'), CONTAINER, 'SystemdUnavailable', { reason: 'no bus' }],
    [new BusDisconnected('gone'), CONTAINER, 'SystemdUnavailable', { reason: 'gone' }],
    [
      new JournalUnavailable('no'),
      CONTAINER,
      'SystemFailed',
      { errnoName: 'EIO', message: 'the journal cannot be used: no' },
    ],
    [
      new JournalReadFailed('no'),
      CONTAINER,
      'SystemFailed',
      { errnoName: 'EIO', message: 'the journal cannot be used: no' },
    ],
    [
      new RuntimeError('other', 'no'),
      CONTAINER,
      'SystemFailed',
      { errnoName: 'EIO', message: 'the OCI runtime failed: no' },
    ],
    [errno('ENOSPC'), CONTAINER, 'SystemFailed', { errnoName: 'ENOSPC', message: 'it says' }],
    [
      Object.assign(new Error('full'), { code: 'SQLITE_FULL' }),
      CONTAINER,
      'SystemFailed',
      { errnoName: 'ENOSPC', message: 'full' },
    ],
    [new ImageError('NoSuchImage', { image: 'x' }), CONTAINER, 'NoSuchImage', { image: 'x' }],
    [new ImageError('NoSuchImage', { image: 'x' }), IMAGE, 'NoSuchImage', { image: 'x' }],
    [new ImageError('AmbiguousImage', { image: 'x' }), IMAGE, 'AmbiguousImage', { image: 'x' }],
    [
      new ImageError('ImageInUse', { image: 'x', containers: ['a'] }),
      IMAGE,
      'ImageInUse',
      { image: 'x', containers: ['a'] },
    ],
    [new ImageError('ImageReadOnly', { image: 'x', store: '/s' }), IMAGE, 'ImageReadOnly', { image: 'x', store: '/s' }],
    [new storage.LoadFailed('/x', 'no'), IMAGE, 'LoadFailed', { path: '/x', reason: 'no' }],
    [
      new storage.PullFailed('x', 'not-found', 'no'),
      IMAGE,
      'PullFailed',
      { image: 'x', reason: 'not_found', message: 'no' },
    ],
    [ofNetwork('NoSuchNetwork', { network: 'x' }), NETWORK, 'NoSuchNetwork', { network: 'x' }],
    [ofNetwork('NetworkExists', { name: 'x' }), NETWORK, 'NetworkExists', { name: 'x' }],
    [
      ofNetwork('NetworkInUse', { network: 'x', containers: ['web'] }),
      NETWORK,
      'NetworkInUse',
      { network: 'x', containers: ['web'] },
    ],
    [
      ofNetwork('InvalidNetwork', { file: '/x', member: 'id', reason: 'no' }),
      NETWORK,
      'InvalidNetwork',
      { file: '/x', member: 'id', reason: 'no' },
    ],
    [
      ofNetwork('SubnetInUse', { subnet: '10.0.0.0/8', holder: 'eth0' }),
      NETWORK,
      'SubnetInUse',
      { subnet: '10.0.0.0/8', holder: 'eth0' },
    ],
    [
      ofNetwork('InterfaceInUse', { interface: 'br0', holder: 'the host' }),
      NETWORK,
      'InterfaceInUse',
      { interface: 'br0', holder: 'the host' },
    ],
    [ofNetwork('NoFreeSubnet', { pools: ['10.0.0.0/8'] }), NETWORK, 'NoFreeSubnet', { pools: ['10.0.0.0/8'] }],
    [ofNetwork('NetworkingUnavailable', { missing: 'ip' }), NETWORK, 'NetworkingUnavailable', { missing: 'ip' }],
    [refusal('NoSuchVolume', { volume: 'x' }), CONTAINER, 'NoSuchVolume', { volume: 'x' }],
    [
      ofVolume('InvalidVolume', { volume: 'x', reason: 'no' }),
      CONTAINER,
      'InvalidVolume',
      { volume: 'x', reason: 'no' },
    ],
    [ofVolume('InvalidVolume', { volume: 'x', reason: 'no' }), VOLUME, 'InvalidVolume', { volume: 'x', reason: 'no' }],
    [ofVolume('NoSuchVolume', { volume: 'x' }), VOLUME, 'NoSuchVolume', { volume: 'x' }],
    [ofVolume('VolumeExists', { name: 'x' }), VOLUME, 'VolumeExists', { name: 'x' }],
    [
      ofVolume('VolumeInUse', { volume: 'x', containers: ['web'] }),
      VOLUME,
      'VolumeInUse',
      { volume: 'x', containers: ['web'] },
    ],
    [new storage.TreeFailed('ENOSPC', 'no'), VOLUME, 'SystemFailed', { errnoName: 'ENOSPC', message: 'no' }],
    [ofVolume('NoSuchDriver', { driver: 'x' }), VOLUME, 'NoSuchDriver', { driver: 'x' }],
    [new NetavarkFailed('no'), NETWORK, 'SystemFailed', { errnoName: 'EIO', message: 'no' }],
  ])('tells of %s', (error, interfaceName, name, parameters) => {
    expect(answerFor(interfaceName, error)).toMatchObject({
      error: `${interfaceName}.${name}`,
      parameters,
      cause: error,
    });
    expect(declared).toContain(`${interfaceName}.${name}`);
  });

  it.each<[Error, string]>([
    [refusal('InvalidName', { name: '-', parameter: 'configuration.name' }), 'configuration.name'],
    [refusal('InvalidName', { name: '-', parameter: 'name' }), 'name'],
    [new ImageError('InvalidParameter', { parameter: 'configuration.image' }), 'configuration.image'],
    [refusal('InvalidParameter', { parameter: 'configuration.user' }), 'configuration.user'],
  ])('puts %s into the words of varlink itself', (error, parameter) => {
    expect(answerFor(CONTAINER, error)).toMatchObject({ error: INVALID, parameters: { parameter } });
  });

  it('tells of a container in the words of its own interface, whichever was called', () => {
    const error = refusal('HasDependents', { container: 'x', dependents: ['y'] });
    for (const called of [NETWORK, VOLUME])
      expect(answerFor(called, error)).toMatchObject({ error: `${CONTAINER}.HasDependents` });
  });

  it('lets through what is put into words already', () => {
    const error = new VarlinkError('io.berth.Image.NoSuchImage', {});
    expect(answerFor(IMAGE, error)).toBe(error);
  });

  it.each<[string, unknown]>([
    ['a bug', new TypeError('x is undefined')],
    ["Node's own codes", Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['an errno that no call to the system gave', Object.assign(new Error('no'), { code: 'ENOSPC' })],
    ['another error of SQLite', Object.assign(new Error('no'), { code: 'SQLITE_CORRUPT' })],
    ['a text', 'no'],
    ['nothing', undefined],
  ])('takes %s for a fault', (_, error) => {
    expect(answerFor(CONTAINER, error)).toBeUndefined();
  });
});

describe('internalError', () => {
  it('logs a fault, whole, and gives the client nothing but the reference', () => {
    const log = new FakeLog();
    const { onError, internalError: told } = internalError(log);
    const error = new TypeError('secret');
    onError(error, 'io.berth.Container.Start');
    const answer = told(error);
    const reference = log.entries[0]?.fields['reference'];
    expect(log.entries).toMatchObject([{ level: 'error', fields: { method: 'io.berth.Container.Start', error } }]);
    expect(answer).toMatchObject({ error: 'io.berth.System.InternalError', parameters: { reference } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(told(error).parameters).toEqual(answer.parameters);
    expect(told(new TypeError('other')).parameters).not.toEqual(answer.parameters);
    expect(declared).toContain('io.berth.System.InternalError');
  });
});
