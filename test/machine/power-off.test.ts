import { expect, it } from 'vitest';
import { buildPackage } from '../../packaging/package.ts';
import { Berth, bytesOf } from './berth.ts';
import { IMAGES, imagesFolder } from './images.ts';
import { Machine } from './machine.ts';

it('berthd outlives containers at a power-off: it hears what they say last', { timeout: 180_000 }, async () => {
  const [deb, images] = await Promise.all([buildPackage(), imagesFolder()]);
  await using machine = await Machine.boot({ install: [deb], show: { [IMAGES]: images } });
  await machine.sh('mkdir -p /var/log/journal; journalctl --flush');
  const script = 'trap "usleep 300000; echo last words; exit 3" TERM; echo up; while :; do sleep 0.05; done';
  {
    await using berth = await Berth.connect(machine);
    await berth.run('p-off', script, { streams: 'relay' });
    await expect.poll(async () => (await berth.lines('p-off')).length).toBe(1);
  }
  await machine.reboot();
  await using berth = await Berth.connect(machine);
  expect((await berth.lines('p-off')).map((line) => bytesOf(line).toString())).toEqual(['up', 'last words']);
  expect(await berth.wait('p-off')).toMatchObject({ exitCode: 3 });
});
