/** Lines of a log as they leave: text of streams for who is attached, replies for who asked for lines. */
import type { LogsOutput } from '../api/io-berth-container.ts';
import type { LogLine } from '../journal/journal.ts';
import { wireLine } from './wire.ts';

/** No more lines are put into a reply, or into one text, once they have so many bytes. */
const FULL_BYTES = 64 * 1024;
/** What a line counts for besides its bytes: what is said of it, or so that they do not become too many. */
const LINE_BYTES = { each: 256, together: 16 } as const;
const LINE_FEED = 0x0a;

/** Lines of one stream that follow each other. */
interface Run {
  readonly stream: LogLine['stream'];
  /** With their line feeds. */
  readonly bytes: Buffer;
  readonly last: LogLine;
}

/** Puts lines of one stream that follow each other together, as they were written. */
export function* textsOf(lines: readonly LogLine[]): Generator<Run, void> {
  let start = 0;
  let size = 0;
  for (const [index, line] of lines.entries()) {
    size += line.bytes.length + 1;
    const next = lines[index + 1];
    if (next?.stream === line.stream && size < FULL_BYTES) continue;
    yield { stream: line.stream, bytes: joined(lines.slice(start, index + 1), size), last: line };
    start = index + 1;
    size = 0;
  }
}

/** @param room for all of them */
function joined(lines: readonly LogLine[], room: number): Buffer {
  const text = Buffer.allocUnsafeSlow(room);
  let length = 0;
  for (const { bytes, terminated } of lines) {
    length += bytes.copy(text, length);
    if (terminated) length = text.writeUInt8(LINE_FEED, length);
  }
  return text.subarray(0, length);
}

export interface ReplyOptions {
  /** Each line by itself, or those that follow each other as one. */
  readonly lines: 'each' | 'together';
  /** A reply at once for what is there, or few replies, each when there is enough for it. */
  readonly pace: 'at-once' | 'few';
}

/** What Logs answers; no reply is larger than a message may be. */
export async function* logReplies(
  log: AsyncIterable<readonly LogLine[]>,
  { lines: wanted, pace }: ReplyOptions,
): AsyncGenerator<LogsOutput, void> {
  const sent = wanted === 'each' ? log : inRuns(log);
  for await (const lines of pace === 'few' ? gathered(sent, LINE_BYTES[wanted]) : sent) {
    let reply: LogLine[] = [];
    let size = 0;
    for (const line of wanted === 'each' ? lines : runsOf(lines)) {
      reply.push(line);
      size += line.bytes.length + LINE_BYTES.each;
      if (size < FULL_BYTES) continue;
      yield { lines: reply.map(wireLine) };
      reply = [];
      size = 0;
    }
    if (reply.length > 0) yield { lines: reply.map(wireLine) };
  }
}

/** Lines are put together as they come: thousands of them that wait to be cost more in garbage than all else. */
async function* inRuns(log: AsyncIterable<readonly LogLine[]>): AsyncGenerator<readonly LogLine[], void> {
  for await (const lines of log) yield [...runsOf(lines)];
}

/** Each reply wakes the client, which costs more than most lines do. */
async function* gathered(
  log: AsyncIterable<readonly LogLine[]>,
  lineBytes: number,
): AsyncGenerator<readonly LogLine[], void> {
  let lines: LogLine[] = [];
  let size = 0;
  for await (const more of log) {
    for (const line of more) {
      lines.push(line);
      size += line.bytes.length + lineBytes;
    }
    if (size < FULL_BYTES) continue;
    yield lines;
    lines = [];
    size = 0;
  }
  if (lines.length > 0) yield lines;
}

function* runsOf(lines: readonly LogLine[]): Generator<LogLine, void> {
  for (const { bytes, last } of textsOf(lines))
    yield { ...last, bytes: last.terminated ? bytes.subarray(0, -1) : bytes };
}
