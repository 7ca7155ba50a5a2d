import type { ContainerClient, LogLine, LogsInput } from '../../api/io-berth-container.ts';
import type { CallOptions } from '../../varlink/types.ts';
import type { Output } from './output.ts';
import { Losses } from '../session/persistence.ts';

/**
 * What a container writes, line by line. When berthd goes away in between, the next line is asked for at the place of the
 * last, so that none is lost or comes twice.
 */
export async function* logLines(
  containers: Pick<ContainerClient, 'logs'>,
  { tail, ...query }: LogsInput,
  options?: CallOptions,
): AsyncGenerator<LogLine, void, void> {
  const losses = new Losses();
  let cursor: string | undefined;
  for (;;) {
    const rest = cursor === undefined ? { ...query, tail } : { ...query, cursor };
    try {
      for await (const { line } of containers.logs(rest, options)) {
        losses.clear();
        if (line === undefined) continue;
        cursor = line.cursor;
        yield line;
      }
      return;
    } catch (error) {
      losses.add(error);
    }
  }
}

const NEWLINE = Buffer.from('\n');

/** Writes lines to the streams they came from, byte for byte. */
export class LogWriter {
  readonly #output: Output;
  readonly #prefix: (line: LogLine) => string;
  /** Streams whose last line goes on with the next one. */
  readonly #midLine = new Set<LogLine['stream']>();

  /** @param prefix what stands before a line, at its beginning only */
  constructor(output: Output, prefix: (line: LogLine) => string = () => '') {
    this.#output = output;
    this.#prefix = prefix;
  }

  async write(line: LogLine): Promise<void> {
    const prefix = this.#midLine.has(line.stream) ? '' : this.#prefix(line);
    if (line.terminated) this.#midLine.delete(line.stream);
    else this.#midLine.add(line.stream);
    await this.#output.write(line.stream, bytesOf(line, prefix));
  }
}

function bytesOf({ message, messageBase64, terminated }: LogLine, prefix: string): string | Uint8Array {
  if (messageBase64 === undefined) return `${prefix}${message ?? ''}${terminated ? '\n' : ''}`;
  const content = Buffer.from(messageBase64, 'base64');
  return Buffer.concat([Buffer.from(prefix), content, ...(terminated ? [NEWLINE] : [])]);
}
