/** io.systemd.service, as systemd's own daemons serve it. */
import { serviceError, type ServiceHandlers } from '../api/io-systemd-service.ts';
import type { Settings } from '../config/settings.ts';
import type { LevelledLogger } from '../log/journal-logger.ts';
import { invalidParameter } from '../varlink/errors.ts';

const HIGHEST_LEVEL = 7;

export const serviceService = (
  log: LevelledLogger,
  environment: Readonly<Record<string, string | undefined>>,
  settings: Pick<Settings, 'reload'>,
): ServiceHandlers => ({
  async Ping() {
    return await Promise.resolve({});
  },
  async Reload() {
    await settings.reload();
    return {};
  },
  async SetLogLevel({ level }) {
    if (!Number.isInteger(level) || level < 0 || level > HIGHEST_LEVEL) throw invalidParameter('level');
    log.level = level;
    return await Promise.resolve({});
  },
  async GetLogLevel() {
    return await Promise.resolve({ level: log.level });
  },
  async GetEnvironment() {
    const variables = Object.entries(environment).map(([name, value = '']) => `${name}=${value}`);
    // U+FFFD stands for bytes that were no UTF-8; sd-varlink refuses these too.
    if (variables.some((variable) => variable.includes('\uFFFD'))) throw serviceError('InconsistentEnvironment');
    return await Promise.resolve({ environment: variables });
  },
});
