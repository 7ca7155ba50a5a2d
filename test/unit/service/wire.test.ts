import { describe, expect, it } from 'vitest';
import { configure } from '../../../src/container/configuration/configure.ts';
import type { Container } from '../../../src/container/container.ts';
import type { Exit, Status } from '../../../src/container/status.ts';
import type { LogLine } from '../../../src/journal/journal.ts';
import { momentOf, timestamp, wireContainer, wireExit, wireLine, wireRuntime } from '../../../src/service/wire.ts';
import { anImage } from '../../support/fakes.ts';
import { aWorld } from '../../support/world.ts';

const at = new Date(5000);
const exit: Exit = { code: 137, signal: 'SIGKILL', oomKilled: true, result: 'oom-kill', at };

describe('what goes out', async () => {
  await using world = aWorld();
  await world.given('donor');
  const container = await world.given('web', 'configured', {
    addCapabilities: ['NET_ADMIN'],
    mounts: [{ kind: 'tmpfs', destination: '/t', options: ['size=1m'] }],
    stopSignal: 'RTMIN+3',
    environment: { A: '1' },
    restartPolicy: 'on_failure',
    restartLimit: 2,
    unitProperties: ['MemoryMax=1G'],
    groups: ['wheel', '7'],
    hosts: [{ name: 'db', address: '10.0.0.1' }],
    annotations: { 'org.example.a': 'b' },
    devices: [{ source: '/dev/full', access: 'wr' }],
    pidNamespace: 'container:donor',
    ipcNamespace: 'host',
    utsNamespace: 'host',
    cgroupNamespace: 'host',
    resourceLimits: [{ name: 'nofile', soft: 1, hard: 2 }, { name: 'CORE' }],
    oomScoreAdjust: -5,
    seccompProfile: 'unconfined',
    maskPaths: ['/srv'],
    unmaskPaths: ['ALL'],
    resources: { memoryMaxBytes: 5, allowedCpus: '0' },
  });
  const inState = (status: Status, more: Partial<Container> = {}): Container => ({ ...container, status, ...more });

  it.each<[Status, object]>([
    [{ state: 'configured' }, { state: 'configured' }],
    [
      { state: 'created', pid: 7, invocationId: 'i' },
      { state: 'created', process: { pid: 7 }, controlGroup: '/berth.slice/berth-web.service', invocationId: 'i' },
    ],
    [
      { state: 'running', pid: 7, invocationId: 'i', startedAt: at },
      { state: 'running', process: { pid: 7 }, startedAt: { realtime: 5_000_000 } },
    ],
    [
      { state: 'stopping', invocationId: 'i', startedAt: at },
      { state: 'stopping', process: undefined, controlGroup: '/berth.slice/berth-web.service' },
    ],
    [
      { state: 'exited', exit, startedAt: at, invocationId: 'i' },
      {
        state: 'exited',
        process: undefined,
        controlGroup: undefined,
        exit: {
          exitCode: 137,
          signal: 'SIGKILL',
          oomKilled: true,
          result: 'oom-kill',
          exitedAt: { realtime: 5_000_000 },
        },
      },
    ],
    [
      { state: 'unknown', reason: 'why' },
      { state: 'unknown', message: 'why' },
    ],
  ])('of a container: %j', (status, expected) => {
    expect(wireRuntime(inState(status))).toMatchObject(expected);
  });

  it('says why the last start failed, and how often it was restarted', () => {
    expect(wireRuntime(inState({ state: 'configured' }, { message: 'why', restarts: 3 }))).toMatchObject({
      message: 'why',
      restarts: 3,
    });
  });

  it('is a configuration that makes the same container again', () => {
    const { configuration } = wireContainer(container, '/bundle', undefined);
    const find = (reference: string): Container => world.index.find(reference);
    const defaults = {
      id: 'f'.repeat(64),
      hostname: 'host',
      runtime: 'other',
      streams: 'relay',
      network: 'none',
      find,
      mountsOf: () => [],
      newVolumeName: () => 'new',
    } as const;
    const image = anImage({ config: { env: ['B=image'], cmd: ['other'], user: 'other', stopSignal: 'INT' } });
    const again = configure(configuration, image, defaults);
    expect(again).toEqual({ ...container.config, environment: { ...container.config.environment, B: 'image' } });
  });

  it('leaves out what nobody knows of an end', () => {
    expect(wireExit({ oomKilled: false, at })).toEqual({
      exitCode: undefined,
      signal: undefined,
      oomKilled: false,
      result: undefined,
      exitedAt: { realtime: 5_000_000 },
    });
  });

  it.each<[string, Buffer, object]>([
    ['text', Buffer.from('hällo'), { message: 'hällo' }],
    ['nothing', Buffer.from(''), { message: '' }],
    ['a byte order mark', Buffer.from('\uFEFFx'), { message: '\uFEFFx' }],
    ['what is not UTF-8', Buffer.from([0xff, 0x41]), { messageBase64: '/0E=' }],
    ['NUL', Buffer.from('a\0b'), { messageBase64: 'YQBi' }],
    ['half a character', Buffer.from([0xc3]), { messageBase64: 'ww==' }],
  ])('of a line with %s', (_, bytes, content) => {
    const line: LogLine = {
      cursor: 'c',
      usec: 5_000_001,
      stream: 'stderr',
      bytes,
      terminated: false,
      pid: undefined,
      bootId: 'b',
      fields: {},
    };
    expect(wireLine(line)).toEqual({
      stream: 'stderr',
      ...content,
      terminated: false,
      timestamp: { realtime: 5_000_001 },
      process: undefined,
      cursor: 'c',
    });
  });

  it('of moments, there and back; a monotonic time alone means nothing', () => {
    expect(momentOf(timestamp(at))).toEqual(at);
    expect(momentOf(undefined)).toBeUndefined();
    expect(momentOf({ monotonic: 5 })).toBeUndefined();
  });
});
