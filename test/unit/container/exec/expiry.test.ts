import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Expiry, KEPT_MS } from '../../../../src/container/exec/expiry.ts';
import { SessionStore } from '../../../../src/container/exec/session-store.ts';
import { SessionFiles } from '../../../../src/container/exec/session-files.ts';
import { configureSession } from '../../../../src/container/exec/session-request.ts';
import { newSessionId, shortSessionId } from '../../../../src/container/exec/session.ts';
import { FakeLog } from '../../../support/fakes.ts';

const BEGIN = Date.UTC(2026, 10, 22);
let root: string;
let store: SessionStore;
let log: FakeLog;

beforeEach(() => {
  vi.useFakeTimers({ now: BEGIN, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  root = mkdtempSync(join(tmpdir(), 'berth-expiry-'));
  store = new SessionStore(new SessionFiles(root));
  log = new FakeLog();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true });
});

/** @param endedMs ago; undefined for one that runs */
const session = (endedMs: number | undefined): string => {
  const id = newSessionId();
  const at = new Date(Date.now() - (endedMs ?? 0));
  const end = endedMs === undefined ? undefined : { code: 0, at };
  store.save({ id, container: 'c', createdAt: at, startedAt: at, config: configureSession({ command: ['x'] }), end });
  return id;
};
const anExpiry = (): Expiry => new Expiry({ store, log, now: () => new Date() });
const kept = (): string[] => store.all().map(({ id }) => id);

it('removes what has ended, five minutes later, and leaves what runs', async () => {
  using expiry = anExpiry();
  const running = session(undefined);
  const first = session(0);
  expiry.ended();
  vi.advanceTimersByTime(60_000);
  const second = session(0);
  expiry.ended();
  vi.advanceTimersByTime(KEPT_MS - 60_001);
  expect(kept().sort()).toEqual([running, first, second].sort());
  vi.advanceTimersByTime(1);
  expect(kept().sort()).toEqual([running, second].sort());
  vi.advanceTimersByTime(60_000);
  expect(kept()).toEqual([running]);
  await vi.waitFor(() => {
    expect(readdirSync(root)).toEqual([shortSessionId(running)]);
  });
  expect([vi.getTimerCount(), log.entries]).toEqual([0, []]);
});

it('goes on where an earlier berthd was', () => {
  using expiry = anExpiry();
  session(KEPT_MS + 1);
  const recent = session(KEPT_MS - 1);
  expiry.look();
  expect(kept()).toEqual([recent]);
  vi.advanceTimersByTime(1);
  expect(kept()).toEqual([]);
});

it('waits for as long as the clock says, also where that was set back', () => {
  using expiry = anExpiry();
  const id = session(0);
  expiry.ended();
  vi.setSystemTime(BEGIN - 60_000);
  vi.advanceTimersByTime(KEPT_MS);
  expect(kept()).toEqual([id]);
  vi.advanceTimersByTime(60_000);
  expect(kept()).toEqual([]);
});

it('leaves no timer behind', () => {
  {
    using expiry = anExpiry();
    session(0);
    expiry.ended();
    expect(vi.getTimerCount()).toBe(1);
  }
  expect(vi.getTimerCount()).toBe(0);
});

it('does not go round and round for what ended in the future, when the clock was set back', () => {
  using expiry = anExpiry();
  const ended = session(0);
  vi.setSystemTime(0);
  expiry.look();
  expect(vi.getTimerCount()).toBe(1);
  const looks = vi.spyOn(store, 'all');
  vi.advanceTimersByTime(KEPT_MS - 1);
  expect([looks.mock.calls.length, kept()]).toEqual([0, [ended]]);
});
