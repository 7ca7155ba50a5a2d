/** berthd: opens the daemon, serves it where systemd says, tells systemd how it stands, and ends when it is told to. */
import { Daemon } from './daemon.ts';
import { Settings } from './config/settings.ts';
import { journalLogger } from './log/journal-logger.ts';
import { listenFds } from './systemd/listen-fds.ts';
import { Notifier } from './systemd/notify.ts';
import { serveActivated } from './varlink/activation.ts';

const log = journalLogger('berthd');
const DEFAULT_ADDRESS = 'unix:/run/berth/io.berth;mode=0660';

/** Resolves with the signal that asks the process to end. */
async function terminated(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  return await promise;
}

async function main(): Promise<void> {
  const ending = terminated();
  const notifier = new Notifier({ socket: process.env['NOTIFY_SOCKET'] });
  const settings = await Settings.open((config) => {
    log.level = config.logLevel;
  });
  process.on('SIGHUP', () => {
    settings.reload().catch((error: unknown) => {
      log.error('The configuration could not be read anew; the one before stays in force', { error });
    });
  });
  const stored = await listenFds(process.env);
  await using daemon = await Daemon.open({ settings, log, environment: process.env, store: notifier, stored });
  const activation = await serveActivated(daemon.server, process.env);
  if (activation === 'connected') return; // its one client has gone
  if (activation === 'nothing') await daemon.server.listen(DEFAULT_ADDRESS);
  await notifier.ready();
  await Promise.race([ending, daemon.failed]);
  await notifier.stopping();
}

try {
  await main();
} catch (error) {
  log.error('berthd cannot go on', { error });
  process.exitCode = 1;
}
