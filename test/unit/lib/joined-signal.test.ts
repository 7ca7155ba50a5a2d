import { expect, it } from 'vitest';
import { JoinedSignal } from '../../../src/lib/joined-signal.ts';

it('aborts with the first, and for its reason', () => {
  const [one, other] = [new AbortController(), new AbortController()];
  using joined = new JoinedSignal(one.signal, other.signal);
  expect(joined.signal.aborted).toBe(false);
  const reason = new Error('enough');
  other.abort(reason);
  one.abort();
  expect(joined.signal.reason).toBe(reason);
  using late = new JoinedSignal(new AbortController().signal, other.signal);
  expect(late.signal.reason).toBe(reason);
});

it('holds on to nothing when it is let go', () => {
  const one = new AbortController();
  const joined = new JoinedSignal(one.signal);
  joined[Symbol.dispose]();
  one.abort();
  expect(joined.signal.aborted).toBe(false);
});
