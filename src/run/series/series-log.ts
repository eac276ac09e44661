import { mkdirSync } from 'node:fs';
import { mainSources } from '../../metrics/sample.ts';
import { samplesOf } from '../../metrics/samples.ts';
import { fullName, Summary, type SummaryRow } from '../../metrics/summary.ts';
import { nowMs } from '../../os/clock.ts';
import type { Home } from '../../os/home.ts';
import { KeptFile } from '../../outputs/kept-file.ts';
import { runDirOf } from '../../outputs/layout.ts';
import { Mask } from '../../outputs/mask.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { secretValuesOf } from '../../plan/secrets.ts';
import { messageOf } from '../../util/errors.ts';
import { maskedSpec } from '../events/masked-spec.ts';
import type { SeriesRun } from './run-series.ts';
import { type SeriesHeader, type SeriesLine, type SeriesMetric, seriesFile } from './series-record.ts';
import { rowOf } from './series-row.ts';

/** The number of metrics that are recorded of a run. */
const maxMetrics = 200;

interface SeriesLogOptions {
  /** Undefined to repeat until a run fails. */
  readonly rounds: number | undefined;
  readonly warn: (text: string) => void;
}

/**
 * Records a series of runs in a home, run by run: the outputs of rounds that passed are usually removed. A record that
 * cannot be written is reported once, and does not affect the runs.
 */
export class SeriesLog implements Disposable {
  readonly #home: Home;
  readonly #warn: (text: string) => void;
  #file: KeptFile | undefined;

  /** @param specs the runs of a round, at least one, with the ID of the series. */
  constructor(home: Home, specs: readonly [RunSpec, ...RunSpec[]], { rounds, warn }: SeriesLogOptions) {
    this.#home = home;
    this.#warn = warn;
    const { series, plan, testCase, labels } = masked(specs[0]);
    const id = series?.id ?? '';
    this.#try(() => {
      mkdirSync(home.series, { recursive: true });
      this.#file = new KeptFile(seriesFile(home, id));
    });
    this.#add({
      ...{ type: 'series', version: 1, id, at: now(), plan: plan.name, case: testCase, labels: [...labels] },
      ...{ axes: axesOf(specs.map(masked)), rounds: rounds ?? null, runs: specs.length },
    });
  }

  /**
   * Records a run that has ended or did not start.
   * @param signal aborts reading its metrics.
   * @returns the metrics of the run.
   */
  async add(run: SeriesRun, signal: AbortSignal): Promise<readonly SeriesMetric[]> {
    const { reason, cause, isJudged, runId } = rowOf(run);
    const { round, outcome, result } = run;
    const mask = maskOf(run.spec);
    const text = (its: string) => mask.text(its);
    const { name, of, point, plan, seed, totalInstances } = maskedSpec(run.spec, mask);
    const metrics =
      runId === undefined ? [] : await metricsOf(runDirOf(this.#home, plan.name, runId), run.spec, signal);
    this.#add({
      ...{
        type: 'run',
        at: now(),
        run_id: runId ?? null,
        name: text(name),
        of: text(of),
        point: { ...point },
      },
      ...{ round, seed, instances: totalInstances, outcome, judged: isJudged },
      ...{ reason: text(reason), cause: text(cause), took_ms: result?.duration_ms ?? null, metrics },
    });
    return metrics;
  }

  /** Records the end. @param isCutShort whether it was canceled before its last run. */
  end(isCutShort: boolean): void {
    this.#add({ type: 'ended', at: now(), cut_short: isCutShort });
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  #add(line: SeriesLine): void {
    this.#try(() => {
      let rest = Buffer.from(`${JSON.stringify(line)}\n`);
      while (this.#file !== undefined && rest.length > 0) rest = rest.subarray(this.#file.write(rest));
    });
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this[Symbol.dispose]();
      this.#warn(`the series is not recorded: ${messageOf(error)}`);
    }
  }
}

function maskOf(spec: RunSpec): Mask {
  return new Mask(secretValuesOf(spec));
}

function masked(spec: RunSpec): RunSpec {
  return maskedSpec(spec, maskOf(spec));
}

function now(): string {
  return new Date(nowMs()).toISOString();
}

/** The settings of the matrix, with the values that the runs of a round have. */
function axesOf(specs: readonly RunSpec[]): SeriesHeader['axes'] {
  const names = [...new Set(specs.flatMap(({ point }) => Object.keys(point)))];
  return names.map((name) => ({
    name,
    values: [...new Set(specs.flatMap(({ point }) => point[name] ?? []))],
  }));
}

/**
 * The metrics of a run over all its groups: each over all of its tags and, if it has several sets of tags, for each
 * of them. None if they cannot be read, which the records of the run say.
 */
async function metricsOf(dir: string, spec: RunSpec, signal: AbortSignal): Promise<SeriesMetric[]> {
  const pooled = new Summary(() => ({ tags: '', group: '' }));
  const tagged = new Summary(({ tags }) => ({ tags, group: '' }));
  const run = { dir, plan: spec.plan.name, case: spec.testCase };
  try {
    for await (const some of samplesOf(run, () => {}, signal))
      for (const sample of some) {
        pooled.add(sample);
        tagged.add(sample);
      }
  } catch {
    return [];
  }
  // Those of the plan first, then what SDKs and networks measure.
  const isOwn = ({ source }: SummaryRow) => mainSources.includes(source);
  const rows = [...pooled.rows(), ...tagged.rows().filter(({ tags }) => tags !== '')];
  const all = [...rows.filter(isOwn), ...rows.filter((row) => !isOwn(row))];
  return all.slice(0, maxMetrics).map(seriesMetric);
}

function seriesMetric(row: SummaryRow): SeriesMetric {
  const { count, mean, min, p50, p95, p99, max } = row;
  return { name: fullName(row), count, mean, min, p50, p95, p99, max };
}
