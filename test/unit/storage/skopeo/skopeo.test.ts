import { describe, expect, it } from 'vitest';
import { bigDataFile } from '../../../../src/storage/store/metadata.ts';
import type { PullEvent } from '../../../../src/storage/images.ts';
import { copyEvent, copyEvents } from '../../../../src/storage/skopeo/progress.ts';
import { fatalMessage, pullFailure } from '../../../../src/storage/skopeo/skopeo.ts';

const HEX = 'a'.repeat(64);
const never = new AbortController().signal;

it.each([
  [
    'time="2026-11-22T00:39:56Z" level=fatal msg="reference \\"x\\" does not resolve"\n',
    'reference "x" does not resolve',
  ],
  ['time="1" level=warning msg="first"\ntime="2" level=fatal msg="second"\n', 'second'],
  ['time="1" level=fatal msg=short\n', 'time="1" level=fatal msg=short'],
  ['bash: skopeo: not found\n', 'bash: skopeo: not found'],
  ['', undefined],
])('reads what skopeo complains of: %j', (stderr, expected) => {
  expect(fatalMessage(stderr)).toBe(expected);
});

it.each([
  ['reading manifest 1 in localhost:5000/a: manifest unknown', 'not-found'],
  ['reading manifest latest in docker.io/library/nothing: requested access to the resource is denied', 'unauthorized'],
  [
    'pinging container registry localhost:1: Get "http://localhost:1/v2/": dial tcp [::1]:1: connect: connection refused',
    'unreachable',
  ],
  ['dial tcp: lookup registry.test: no such host', 'unreachable'],
  ['unable to retrieve auth token: invalid username/password: unauthorized', 'unauthorized'],
  ['writing blob: no space left on device', 'other'],
])('knows why a registry gave nothing: %s', (message, reason) => {
  expect(pullFailure(message)).toBe(reason);
});

it.each<[string, PullEvent | undefined]>([
  [`Copying blob sha256:${HEX}`, { kind: 'blob', digest: `sha256:${HEX}`, what: 'layer' }],
  [`Copying blob ${HEX} skipped: already exists`, { kind: 'blob', digest: `sha256:${HEX}`, what: 'present' }],
  [`Copying config sha256:${HEX}`, { kind: 'blob', digest: `sha256:${HEX}`, what: 'config' }],
  ['Writing manifest to image destination', { kind: 'storing' }],
  ['Getting image source signatures', undefined],
])('reports %s', (line, event) => {
  expect(copyEvent(line)).toEqual(event);
});

const STORING = { kind: 'storing' } as const;

describe('copyEvents', () => {
  it('has only the latest of how much is there, for one who reads slowly', async () => {
    const fetched = (bytes: number): PullEvent => ({ kind: 'fetched', bytes, totalBytes: 9 });
    const events = copyEvents(async (report) => {
      for (const bytes of [1, 2, 3]) report(fetched(bytes));
      report(STORING);
      report(fetched(4));
      await Promise.resolve();
    }, never);
    const seen: PullEvent[] = [];
    for await (const event of events) seen.push(event);
    expect(seen).toEqual([fetched(3), STORING, fetched(4)]);
  });

  it('hands out what comes, to the end', async () => {
    const events: PullEvent[] = [];
    const copy = async (report: (event: PullEvent) => void): Promise<void> => {
      report(STORING);
      await Promise.resolve();
      report(STORING);
    };
    for await (const event of copyEvents(copy, never)) events.push(event);
    expect(events).toEqual([{ kind: 'storing' }, { kind: 'storing' }]);
  });

  it('fails as the copy does, after what it reported', async () => {
    const events = copyEvents(async (report) => {
      report(STORING);
      return await Promise.reject(new Error('broken'));
    }, never);
    expect((await events.next()).value).toEqual({ kind: 'storing' });
    await expect(events.next()).rejects.toThrow('broken');
  });

  it('stops the copy when nobody reads on', async () => {
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    const copy = async (report: (event: PullEvent) => void, signal: AbortSignal): Promise<void> => {
      report(STORING);
      signal.addEventListener('abort', () => {
        resolve();
      });
      await stopped;
    };
    for await (const _ of copyEvents(copy, never)) break;
    await stopped;
  });
});

it('finds the files of an image', () => {
  expect(bigDataFile('manifest')).toBe('manifest');
  expect(bigDataFile('sha256:0cad')).toBe(`=${Buffer.from('sha256:0cad').toString('base64')}`);
});
