/**
 * Where to begin reading so that no line is cut: journald splits long lines, and pieces of several streams lie mixed.
 * To find out, entries are read backwards.
 */
import type { JournalEntry } from './entry.ts';
import { isContinued } from './lines.ts';

/** So many entries before the seam are searched for the beginnings of lines that end after it. */
const SEARCHED_BEFORE = 256;

export interface Seam {
  /** Lines that end with this entry or earlier are not wanted. */
  readonly boundary: string;
  /** The first entry of the first line that is wanted, if it lies before the boundary. */
  readonly firstPiece: string | undefined;
}

/** The seam is at the newest entry, or before the last so many lines. */
export type SeamPlace = 'at-newest' | { readonly lines: number };

/**
 * @param backwards entries, the newest first; no more are taken than needed
 * @returns undefined if there is nothing before the place: begin at the beginning
 */
export async function findSeam(backwards: AsyncIterable<JournalEntry>, place: SeamPlace): Promise<Seam | undefined> {
  /** Streams whose line that was read last, going backwards, has shown its end on the unwanted side. */
  const finished = new Set<string>();
  let linesToPass = place === 'at-newest' ? 0 : place.lines;
  let boundary: string | undefined;
  let firstPiece: string | undefined;
  let searched = 0;
  for await (const entry of backwards) {
    const endsLine = !isContinued(entry.end);
    if (boundary === undefined) {
      if (place !== 'at-newest' && (!endsLine || linesToPass > 0)) {
        if (endsLine) linesToPass -= 1;
        continue;
      }
      boundary = entry.cursor;
      finished.add(entry.streamKey);
    } else if (endsLine) finished.add(entry.streamKey);
    // A piece whose end lies after the boundary, or has not been written yet.
    else if (!finished.has(entry.streamKey)) firstPiece = entry.cursor;
    searched += 1;
    if (searched > SEARCHED_BEFORE) break;
  }
  return boundary === undefined ? undefined : { boundary, firstPiece };
}
