import { computed, signal } from '@preact/signals';
import type { SeriesReport } from '../../series-data.ts';

/** The series that the page shows. */
export const series = signal<SeriesReport>({
  kind: 'series',
  about: {
    ...{ id: '', plan: '', testCase: '', labels: [], began: 0, tookMs: 0, rounds: null, planned: null },
    state: 'complete',
  },
  ...{ axes: [], points: [], reasons: [], causes: [], hasPages: false, metrics: [], gaps: [] },
  runs: {
    point: [],
    round: [],
    outcome: [],
    id: [],
    seed: [],
    tookMs: [],
    reason: [],
    cause: [],
    isKept: [],
  },
});

/** The chosen run, by its place in the columns; undefined for none. */
export const chosenRun = signal<number | undefined>(undefined);

/** The statistic of each run that the plots show. */
export const stat = signal<'p50' | 'p95'>('p50');

/** The horizontal axis of the plots: the place of a setting; undefined for the rounds. */
export const axis = signal<number | undefined>(undefined);

/** The places of the runs of each combination, in the order of their rounds. */
export const runsOfPoints = computed(() => {
  const { points, runs } = series.value;
  const all = points.map((): number[] => []);
  for (const [place, point] of runs.point.entries()) all[point]?.push(place);
  return all;
});
