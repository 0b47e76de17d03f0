/** Tables on standard output, as the benchmarks print them. */

/**
 * Prints a table: the first column to the left, the others to the right.
 * @param title one line above it
 * @param header the columns' names
 * @param rows one cell per column
 */
export function printTable(
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const ruler = widths.map((width) => '-'.repeat(width)).join('  ');
  process.stdout.write(`\n${[title, '', line(header), ruler, ...rows.map(line)].join('\n')}\n`);
}

/** A figure beside what it has to reach. */
export function verdictOf(reached: boolean): string {
  return reached ? 'reached' : 'MISSED';
}
