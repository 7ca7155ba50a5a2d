import { describe, expect, it } from 'vitest';
import { ServiceCache } from '../../../../src/systemd/units/service-cache.ts';
import { statusOf } from '../../../support/fake-units.ts';

const UNIT = 'a.service';
const status = (mainPid: number) => statusOf(UNIT, { mainPid });
const answering = (mainPid: number | undefined) => async () =>
  await Promise.resolve(mainPid === undefined ? undefined : status(mainPid));

describe('ServiceCache', () => {
  it('knows the last change', () => {
    const told = new ServiceCache();
    expect(told.find(UNIT)).toBeUndefined();
    told.changed(UNIT, status(1));
    told.changed(UNIT, status(2));
    expect(told.find(UNIT)?.mainPid).toBe(2);
    expect(told.concerns(UNIT)).toBe(true);
    expect(told.concerns('b.service')).toBe(false);
  });

  it('keeps an answer, which the next change goes over', async () => {
    const told = new ServiceCache();
    expect((await told.asked(UNIT, answering(1)))?.mainPid).toBe(1);
    expect(told.find(UNIT)?.mainPid).toBe(1);
    told.changed(UNIT, status(2));
    expect(told.find(UNIT)?.mainPid).toBe(2);
  });

  it('keeps nothing where a change came while it was asked: nobody knows which of them is newer', async () => {
    const told = new ServiceCache();
    const answer = Promise.withResolvers<ReturnType<typeof status>>();
    const asked = told.asked(UNIT, async () => await answer.promise);
    expect(told.concerns(UNIT)).toBe(true);
    told.changed(UNIT, status(2));
    answer.resolve(status(1));
    expect((await asked)?.mainPid).toBe(1);
    expect(told.find(UNIT)).toBeUndefined();
    told.changed(UNIT, status(3));
    expect(told.find(UNIT)?.mainPid).toBe(3);
  });

  it.each<[string, (told: ServiceCache) => void]>([
    [
      'is unloaded',
      (told) => {
        told.removed(UNIT);
      },
    ],
    [
      'may have changed unheard',
      (told) => {
        told.missed();
      },
    ],
    [
      'changed, and not all of it was told',
      (told) => {
        told.changed(UNIT, undefined);
      },
    ],
  ])('knows nothing of one that %s', async (_, happens) => {
    const told = new ServiceCache();
    told.changed(UNIT, status(1));
    happens(told);
    expect(told.find(UNIT)).toBeUndefined();
    // Nor does an answer that was on its way stay.
    const answer = Promise.withResolvers<ReturnType<typeof status>>();
    const asked = told.asked(UNIT, async () => await answer.promise);
    happens(told);
    answer.resolve(status(1));
    await asked;
    expect(told.find(UNIT)).toBeUndefined();
  });

  it('does not go on about what is not there, or cannot be asked about', async () => {
    const told = new ServiceCache();
    expect(await told.asked(UNIT, answering(undefined))).toBeUndefined();
    expect(told.concerns(UNIT)).toBe(false);
    await expect(told.asked(UNIT, async () => await Promise.reject(new Error('no bus')))).rejects.toThrow('no bus');
    expect(told.concerns(UNIT)).toBe(false);
  });
});
