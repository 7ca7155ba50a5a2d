import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GroupMoves } from '../../../../src/systemd/process/group-moves.ts';

describe('a move that systemd is about to make', () => {
  it('is prepared once at a time, however many are expected', async () => {
    const moves: PromiseWithResolvers<void>[] = [];
    const expected = new GroupMoves(
      () => undefined,
      async () => {
        const move = Promise.withResolvers<void>();
        moves.push(move);
        await move.promise;
      },
    );
    expected.expect();
    expected.expect();
    expect(moves).toHaveLength(1);
    moves[0]?.resolve();
    await setImmediate();
    expected.expect();
    expect(moves).toHaveLength(2);
  });

  it('is done without where it cannot be prepared, which is told once', async () => {
    const told: unknown[] = [];
    let tried = 0;
    const expected = new GroupMoves(
      (error) => told.push(error),
      async () => {
        tried++;
        await Promise.reject(new Error('EACCES'));
      },
    );
    for (let count = 0; count < 3; count++) {
      expected.expect();
      await setImmediate();
    }
    expect(tried).toBe(1);
    expect(told).toMatchObject([{ message: 'EACCES' }]);
  });
});
