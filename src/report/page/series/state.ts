import { computed, signal } from '@preact/signals';
import type { SeriesReport } from '../../series-data.ts';
import { inAddress } from '../view/address.ts';

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

inAddress(
  {
    key: 'run',
    write: () => series.value.runs.id[chosenRun.value ?? -1] ?? undefined,
    read: (text) => {
      const place = series.value.runs.id.findIndex((id) => id !== null && id === text);
      chosenRun.value = place === -1 ? undefined : place;
    },
  },
  {
    key: 'statistic',
    write: () => (stat.value === 'p50' ? undefined : stat.value),
    read: (text) => {
      stat.value = text === 'p95' ? 'p95' : 'p50';
    },
  },
  {
    // By the first setting of the matrix, if there is one.
    key: 'by',
    write: () => (axis.value === firstAxis() ? undefined : nameOfAxis(axis.value)),
    read: (text) => {
      const place = series.value.axes.indexOf(text ?? '');
      axis.value = place !== -1 ? place : text === 'round' ? undefined : firstAxis();
    },
  },
);

function firstAxis(): number | undefined {
  return series.value.axes.length === 0 ? undefined : 0;
}

function nameOfAxis(place: number | undefined): string {
  return (place === undefined ? undefined : series.value.axes[place]) ?? 'round';
}

/** The places of the runs of each combination, in the order of their rounds. */
export const runsOfPoints = computed(() => {
  const { points, runs } = series.value;
  const all = points.map((): number[] => []);
  for (const [place, point] of runs.point.entries()) all[point]?.push(place);
  return all;
});
