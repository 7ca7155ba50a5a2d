/** Varlink calls per second, by a client that does as little as a client can: it writes bytes and counts NULs. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Turn } from './measure.ts';

export interface Service {
  readonly path: string;
  readonly method: string;
}

const PIPELINED = 32;
const CONNECTIONS = 16;

export function callsPerSecond({ path, method }: Service, runMs: number): Turn {
  const short = method.slice(method.lastIndexOf('.') + 1);
  return async (stopwatch) => {
    stopwatch.set(`${short}, one at a time`, await rate({ path, method }, 1, 1, runMs));
    stopwatch.set(`${short}, ${PIPELINED.toString()} pipelined`, await rate({ path, method }, 1, PIPELINED, runMs));
    stopwatch.set(
      `${short}, ${CONNECTIONS.toString()} connections`,
      await rate({ path, method }, CONNECTIONS, 1, runMs),
    );
  };
}

/** @param depth how many calls of a connection are under way at any time */
async function rate({ path, method }: Service, connections: number, depth: number, runMs: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: connections }, async () => await connected(path)));
  const call = Buffer.from(`${JSON.stringify({ method })}\0`);
  let answered = 0;
  const failed = Promise.withResolvers<undefined>();
  for (const socket of sockets) {
    socket.on('error', failed.reject).on('data', (chunk: Buffer) => {
      const replies = countReplies(chunk, failed.reject);
      answered += replies;
      socket.write(replies === 1 ? call : Buffer.concat(Array.from({ length: replies }, () => call)));
    });
    socket.write(Buffer.concat(Array.from({ length: depth }, () => call)));
  }
  const begun = performance.now();
  await Promise.race([delay(runMs), failed.promise]);
  const seconds = (performance.now() - begun) / 1000;
  for (const socket of sockets) socket.destroy();
  return answered / seconds;
}

/** A service whose queue of connections is full (python3-varlink takes five) refuses with EAGAIN. */
async function connected(path: string): Promise<Socket> {
  for (;;) {
    const socket = createConnection(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      await delay(5);
    }
  }
}

function countReplies(chunk: Buffer, fail: (reason: Error) => void): number {
  if (chunk.includes('"error"')) fail(new Error(`the service refused: ${chunk.toString()}`));
  let count = 0;
  for (let at = chunk.indexOf(0); at !== -1; at = chunk.indexOf(0, at + 1)) count++;
  return count;
}
