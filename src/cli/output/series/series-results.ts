import type { RunSpec } from '../../../plan/run-spec.ts';
import type { ShownMetric } from '../../../plan/shown-metric.ts';
import type { SeriesEnd, SeriesRun } from '../../../run/series/run-series.ts';
import type { SeriesMetric } from '../../../run/series/series-record.ts';
import { rowOf, type SeriesRow } from '../../../run/series/series-row.ts';
import type { Output } from '../open-output.ts';
import type { MatrixRow } from './matrix-table.ts';
import { resultLines, roundsTable } from './results.ts';

/** How the runs of a command ended. */
interface End extends Pick<SeriesEnd, 'sideBySide' | 'lacksRoom'> {
  readonly rounds: number;
  readonly jobs: number;
  /** The number of passed runs whose outputs were removed. */
  readonly removed: number;
}

/** Collects a row for each run of a command, and shows them at its end. */
export class SeriesResults {
  readonly #specs: readonly RunSpec[];
  readonly #shown: readonly ShownMetric[];
  readonly #table: typeof import('./matrix-table.ts') | undefined;
  readonly #rows: MatrixRow[] = [];
  readonly #measured = new Set<string>();

  private constructor(
    specs: readonly RunSpec[],
    shown: readonly ShownMetric[],
    table: typeof import('./matrix-table.ts') | undefined,
  ) {
    this.#specs = specs;
    this.#shown = shown;
    this.#table = table;
  }

  /** @param shown the metrics of the table. The code of the table is loaded if there is one. */
  static async of(specs: readonly RunSpec[], shown: readonly ShownMetric[]): Promise<SeriesResults> {
    const isMatrix = specs.some(({ point }) => Object.keys(point).length > 0);
    const hasMetrics = shown.length > 0 && specs[0]?.series !== undefined;
    const table = isMatrix || hasMetrics ? await import('./matrix-table.ts') : undefined;
    return new SeriesResults(specs, shown, table);
  }

  get rows(): readonly SeriesRow[] {
    return this.#rows;
  }

  add(run: SeriesRun, metrics: readonly SeriesMetric[]): void {
    for (const { name } of metrics) this.#measured.add(name);
    this.#rows.push({ ...rowOf(run), values: this.#table?.shownValues(this.#shown, metrics) ?? [] });
  }

  /** Prints the results of several runs, and emits the final event for programs. */
  show({ rounds, jobs, removed, ...end }: End, { reporter, format, live }: Output): void {
    this.#sort();
    const rows = this.#rows;
    const series = this.#specs[0]?.series?.id;
    if (rows.length > 1) reporter.print(format.heading('Results'));
    // On a terminal, the end of a single run has said so.
    if (!live || rows.length > 1)
      for (const text of resultLines(rows)) reporter.print(format.log('INFO', text));
    if (rounds > 1) reporter.print(roundsTable(rows, removed));
    const matrix = this.#table?.matrixTable(rows, this.#shown) ?? '';
    if (matrix !== '') reporter.print(matrix);
    for (const text of this.#table?.unmeasured(rows, this.#shown, this.#measured) ?? [])
      reporter.print(format.log('WARN', text));
    if (end.lacksRoom) reporter.print(format.log('INFO', roomText(end.sideBySide, jobs)));
    if (series !== undefined) reporter.print(format.log('INFO', `series ID: ${series}`));
    reporter.emitJson({ type: 'finished', series: series ?? null, runs: rows.map(finishedRunOf) });
  }

  /** Puts runs that ended side by side in the order in which they were planned. */
  #sort(): void {
    const places = new Map(this.#specs.map(({ name }, place) => [name, place]));
    const placeOf = ({ name }: MatrixRow) => places.get(name) ?? 0;
    this.#rows.sort((one, other) => one.round - other.round || placeOf(one) - placeOf(other));
  }
}

function roomText(sideBySide: number, jobs: number): string {
  const most = sideBySide === 1 ? 'one run at a time' : `at most ${sideBySide} runs at the same time`;
  return `${most}, not ${jobs}: the machine had no room for more`;
}

function finishedRunOf({ name, runId, outcome, error }: SeriesRow) {
  return { name, run_id: runId ?? null, outcome, error };
}
