import { widthOf } from './printable.ts';

/** A cell whose text is shown in another way than it is measured, in colour for example. */
export interface Cell {
  readonly text: string;
  readonly show: (text: string) => string;
}

const GAP = '   ';

/** Columns as wide as what is in them; the last one is not padded. Text must be printable. */
export function tableOf(header: readonly string[], rows: readonly (readonly (string | Cell)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(cellOf));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column]?.text ?? ''))));
  return cells.map((row) => lineOf(row, widths)).join('\n');
}

const cellOf = (cell: string | Cell): Cell => (typeof cell === 'string' ? { text: cell, show: (text) => text } : cell);

function lineOf(row: readonly Cell[], widths: readonly number[]): string {
  return row
    .map(({ text, show }, column) => {
      const isLast = column === row.length - 1;
      return show(text) + (isLast ? '' : ' '.repeat((widths[column] ?? 0) - widthOf(text)));
    })
    .join(GAP);
}
