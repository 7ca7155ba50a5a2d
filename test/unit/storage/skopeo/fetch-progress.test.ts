import { expect, it } from 'vitest';
import { FetchProgress } from '../../../../src/storage/skopeo/fetch-progress.ts';
import type { PullEvent } from '../../../../src/storage/images.ts';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const SIZES = new Map([
  [digest('a'), 100],
  [digest('b'), 1000],
]);

function aProgress() {
  const events: PullEvent[] = [];
  return { events, progress: new FetchProgress((event) => events.push(event)) };
}

it('says how much there will be once the registry has told, without the layers that are here', async () => {
  const { events, progress } = aProgress();
  const sizes = Promise.resolve(SIZES);
  progress.expect(sizes);
  progress.fetched(10);
  await sizes;
  progress.fetched(20);
  progress.line(`Copying blob ${digest('b')} skipped: already exists`);
  progress.fetched(30);
  expect(events).toEqual([
    { kind: 'fetched', bytes: 10, totalBytes: undefined },
    { kind: 'fetched', bytes: 10, totalBytes: 1100 },
    { kind: 'fetched', bytes: 20, totalBytes: 1100 },
    { kind: 'blob', digest: digest('b'), what: 'present' },
    { kind: 'fetched', bytes: 30, totalBytes: 100 },
  ]);
});

it('knows no total that cannot be true, and none that the registry does not tell', async () => {
  const { events, progress } = aProgress();
  const refused = Promise.reject<typeof SIZES>(new Error('no'));
  progress.expect(refused);
  await refused.catch(() => undefined);
  progress.fetched(10);
  progress.expect(Promise.resolve(SIZES));
  await Promise.resolve();
  progress.fetched(1101);
  expect(events).toEqual([
    { kind: 'fetched', bytes: 10, totalBytes: undefined },
    { kind: 'fetched', bytes: 10, totalBytes: 1100 },
    { kind: 'fetched', bytes: 1101, totalBytes: undefined },
  ]);
});

it('reports nothing after its end', () => {
  const { events, progress } = aProgress();
  progress[Symbol.dispose]();
  progress.fetched(10);
  progress.line('Writing manifest to image destination');
  expect(events).toEqual([]);
});
