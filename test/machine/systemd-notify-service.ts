/** A service for systemd-notify.test.ts: leaves a pipe with systemd on its first run, and reads from it on the second. */
import { openSync, readSync, writeSync } from 'node:fs';
import { Notifier } from '../../src/systemd/process/notify.ts';
import { passedDescriptors } from '../../src/varlink/activation.ts';

const notifier = new Notifier({
  socket: process.env['NOTIFY_SOCKET'],
  watchdogUsec: process.env['WATCHDOG_USEC'],
  watchdogPid: process.env['WATCHDOG_PID'],
});
const [fifo = ''] = process.argv.slice(2);
const passed = passedDescriptors();
const kept = passed.find(({ name }) => name === 'kept')?.fd;
if (kept === undefined) {
  const fd = openSync(fifo, 'r+');
  writeSync(fd, 'from the first run');
  await notifier.storeFds('kept', [fd]);
  await notifier.storeFds('dropped', [fd]);
  await notifier.removeFds('dropped');
  await notifier.ready('first run');
} else {
  const buffer = Buffer.alloc(100);
  const text = buffer.toString('utf8', 0, readSync(kept, buffer));
  await notifier.reloading();
  await notifier.ready(
    `second run, of ${passed.map(({ name }) => name).join()}: ${text}\nwatchdog ${String(notifier.watchdogMs)}`,
  );
}
await notifier.watchdog();
const alive = setInterval(() => {
  notifier.watchdog().catch(() => undefined);
}, 1000);
process.once('SIGTERM', () => {
  clearInterval(alive);
  notifier.stopping('ends').catch(() => undefined);
});
// Not before it can be ended.
process.stdout.write('up\n');
