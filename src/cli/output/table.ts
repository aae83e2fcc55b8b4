/** Columns of text for a terminal. Knows nothing of what is in them. */

export interface Column {
  readonly title?: string;
  /** Numbers stand to the right, so that their digits lie below each other. Default: left. */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/**
 * Rows of text as aligned lines, each ending with a line break. With titles the first line holds them.
 *
 * @param rows as many cells as there are columns; nothing is cut, so that names can be copied
 */
export function alignedTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({title = ''}) => title);
  const all = titles.some((title) => title !== '') ? [titles, ...rows] : rows;
  // A loop instead of Math.max(...): a checkpoint may hold more names than a call takes arguments.
  const widths = columns.map((_, at) => all.reduce((width, row) => Math.max(width, row[at]!.length), 0));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) =>
        columns[at]!.align === 'right' ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      )
      .join(GAP)
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join('');
}

/** 1234567 as 1,234,567, whatever the language of the machine. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
