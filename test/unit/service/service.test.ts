import { describe, expect, it } from 'vitest';
import { serviceService } from '../../../src/service/service.ts';
import { FakeLog } from '../../support/fakes.ts';

const call = { signal: new AbortController().signal } as never;
const aService = (environment: Record<string, string | undefined> = {}) => {
  const log = new FakeLog();
  const reloads: number[] = [];
  const settings = {
    async reload() {
      await Promise.resolve();
      reloads.push(1);
    },
  };
  return { log, reloads, handlers: serviceService(log, environment, settings) };
};

describe('io.systemd.service', () => {
  it('answers a ping, and reads its configuration anew', async () => {
    const { handlers, reloads } = aService();
    expect(await handlers.Ping({}, call)).toEqual({});
    expect(await handlers.Reload({}, call)).toEqual({});
    expect(reloads).toHaveLength(1);
  });

  it.each([0, 7])('sets the level %i', async (level) => {
    const { handlers, log } = aService();
    await handlers.SetLogLevel({ level }, call);
    expect(log.level).toBe(level);
    expect(await handlers.GetLogLevel({}, call)).toEqual({ level });
  });

  it.each([-1, 8, 1.5])('refuses the level %d', async (level) => {
    const { handlers, log } = aService();
    await expect((async () => await handlers.SetLogLevel({ level }, call))()).rejects.toMatchObject({
      error: 'org.varlink.service.InvalidParameter',
      parameters: { parameter: 'level' },
    });
    expect(log.level).toBe(6);
  });

  it('shows its environment, but none that is not text', async () => {
    expect(await aService({ A: '1', B: '' }).handlers.GetEnvironment({}, call)).toEqual({ environment: ['A=1', 'B='] });
    await expect(
      (async () => await aService({ A: '\uFFFD' }).handlers.GetEnvironment({}, call))(),
    ).rejects.toMatchObject({
      error: 'io.systemd.service.InconsistentEnvironment',
    });
  });
});
