import type { ContainerClient, LogLine, LogsInput } from '../../api/io-berth-container.ts';
import type { CallOptions } from '../../varlink/types.ts';
import type { Output } from './output.ts';
import { Losses } from '../session/persistence.ts';

/**
 * What a container writes, as many lines at once as come. When berthd goes away in between, the next line is asked for at the place of the
 * last, so that none is lost or comes twice.
 */
export async function* logLines(
  containers: Pick<ContainerClient, 'logs'>,
  { tail, ...query }: LogsInput,
  options?: CallOptions,
): AsyncGenerator<readonly LogLine[], void, void> {
  const losses = new Losses();
  let cursor: string | undefined;
  for (;;) {
    const rest = cursor === undefined ? { ...query, tail } : { ...query, cursor };
    try {
      for await (const { lines = [] } of containers.logs(rest, options)) {
        losses.clear();
        cursor = lines.at(-1)?.cursor ?? cursor;
        if (lines.length > 0) yield lines;
      }
      return;
    } catch (error) {
      losses.add(error);
    }
  }
}

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

  /** Those of one stream that follow each other go out at once. */
  async write(lines: readonly LogLine[]): Promise<void> {
    let text = '';
    for (const [index, line] of lines.entries()) {
      const { stream, message = '', messageBase64, terminated } = line;
      if (!this.#midLine.has(stream)) text += this.#prefix(line);
      if (terminated) this.#midLine.delete(stream);
      else this.#midLine.add(stream);
      const end = terminated ? '\n' : '';
      if (messageBase64 !== undefined) {
        await this.#output.write(stream, Buffer.concat([Buffer.from(text), Buffer.from(messageBase64, 'base64')]));
        text = end;
      } else text += message + end;
      if (text === '' || lines[index + 1]?.stream === stream) continue;
      await this.#output.write(stream, text);
      text = '';
    }
  }
}
