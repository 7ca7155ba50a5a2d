/** Reads files that somebody else controls: regular ones only, without waiting for whoever may be behind anything else, and no more than is meant. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Non-blocking: a FIFO would wait for somebody who writes, and a device may do so. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** @throws Error in words for what is no regular file; as open(2) fails */
async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, FLAGS);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error('it is no regular file');
}

/** @throws Error in words for what is no regular file, or larger than `limitBytes`; as open(2) and read(2) fail */
export async function readRegular(path: string, limitBytes: number): Promise<Buffer> {
  await using file = await openRegular(path);
  const buffer = Buffer.alloc(Math.min((await file.stat()).size, limitBytes) + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  throw new Error(length > limitBytes ? 'it is too large' : 'it has grown while it was read');
}
