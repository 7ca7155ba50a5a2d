/** In the place of a daemon that could not be opened: a client is told why, instead of waiting for what may never come. */
import { containerInterface } from '../api/io-berth-container.ts';
import { imageInterface } from '../api/io-berth-image.ts';
import { networkInterface } from '../api/io-berth-network.ts';
import { volumeInterface } from '../api/io-berth-volume.ts';
import { systemError, systemInterface } from '../api/io-berth-system.ts';
import type { Logger } from '../log/logger.ts';
import { Server } from '../varlink/server.ts';
import { VERSION } from '../version.ts';
import { internalError } from './errors.ts';

/** @param reason why there is no daemon, for people */
export function standIn(reason: string, log: Logger): Server {
  const server = new Server({ vendor: 'berth', product: 'berthd', version: VERSION, url: '', ...internalError(log) });
  const refuse = async (): Promise<never> => await Promise.reject(systemError('CannotStart', { reason }));
  const handlers = new Proxy({}, { get: () => refuse });
  for (const definition of [containerInterface, imageInterface, networkInterface, volumeInterface, systemInterface])
    server.serve<object>(definition, handlers);
  return server;
}
