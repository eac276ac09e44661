import { batch, computed, signal } from '@preact/signals';
import type { LineKind, ReportInstance, RunReport } from '../data.ts';

/** The data of the page; replaced as a whole while a run is watched. */
export const report = signal<RunReport>({
  kind: 'run',
  about: {
    runId: '',
    name: '',
    plan: '',
    testCase: '',
    runner: '',
    state: 'processing',
    outcome: 'unknown',
    why: [],
    causes: [],
    consequences: [],
    thresholds: [],
    faults: [],
    stood: [],
    began: 0,
    tookMs: 0,
    rerun: '',
    facts: [],
  },
  groups: [],
  instances: [],
  stages: [],
  stageTimes: [],
  waits: [],
  states: [],
  barriers: [],
  messages: { from: [], sent: [], to: [], got: [], left: 0 },
  metrics: [],
  networkSpans: [],
  faults: [],
  network: null,
  machine: null,
  log: { at: [], of: [], kind: [], text: [] },
  movesLeft: 0,
  attachments: [],
  moreAttachments: 0,
  gaps: [],
});

/** The time span visible in timeline and plots, in ms; undefined for all of it. */
export const zoom = signal<Span | undefined>(undefined);

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The duration of the run by the page's clock, between events. */
export const clock = signal(0);

export const tookMs = computed(() => Math.max(report.value.about.tookMs, clock.value));

/** From the start to the end of the run, extended to instances that act before or after. */
export const whole = computed<Span>(() => {
  const { instances } = report.value;
  const ends = instances.map(({ to }) => to ?? 0);
  const to = ends.reduce((latest, each) => Math.max(latest, each), tookMs.value);
  return { from: 0, to: Math.max(1, to) };
});

export const shown = computed<Span>(() => zoom.value ?? whole.value);

/** The shortest span that can be shown, in ms. */
const finestMs = 0.05;

/** Shows a span, clipped to the run's time. */
export function zoomTo({ from, to }: Span): void {
  const all = whole.value;
  const width = Math.min(all.to - all.from, Math.max(finestMs, to - from));
  const start = Math.min(Math.max(all.from, from), all.to - width);
  zoom.value = width >= all.to - all.from ? undefined : { from: start, to: start + width };
}

/** Multiplies the length of the visible span, around a fixed time. */
export function zoomBy(factor: number, centre = (shown.value.from + shown.value.to) / 2): void {
  const { from, to } = shown.value;
  zoomTo({ from: centre - (centre - from) * factor, to: centre + (to - centre) * factor });
}

/** Moves the visible span by a share of its length. */
export function pan(share: number): void {
  const { from, to } = shown.value;
  const by = share * (to - from);
  zoomTo({ from: from + by, to: to + by });
}

/** The index of the selected instance. */
export const chosen = signal<number | undefined>(undefined);

export interface LogFilter {
  readonly text: string;
  /** Undefined for all groups. */
  readonly group: number | undefined;
  readonly kinds: ReadonlySet<LineKind> | undefined;
  readonly onlyChosen: boolean;
  readonly onlyShown: boolean;
}

export const logFilter = signal<LogFilter>({
  text: '',
  group: undefined,
  kinds: undefined,
  onlyChosen: false,
  onlyShown: false,
});

/** The selected line of the log. */
export const chosenLine = signal<number | undefined>(undefined);

/** The marked time, and the other end of a measured span, in ms. */
export const moment = signal<number | undefined>(undefined);
export const measured = signal<number | undefined>(undefined);

/** The highlighted instance: that of the selected line, else the selected one. */
export const marked = computed<number | undefined>(() => {
  const of = chosenLine.value === undefined ? -1 : (report.value.log.of[chosenLine.value] ?? -1);
  return of >= 0 ? of : chosen.value;
});

/** Selects an instance: highlights it in the timeline, and filters the log to it. */
export function choose(instance: number | undefined): void {
  batch(() => {
    chosen.value = instance;
    logFilter.value = { ...logFilter.value, onlyChosen: instance !== undefined };
    chosenLine.value = undefined;
    moment.value = undefined;
  });
}

/** Replaces the report, keeping all selections even if indexes have changed. */
export function replaceReport(next: RunReport): void {
  const { log } = report.value;
  const { value: line } = chosenLine;
  const same =
    line === undefined
      ? -1
      : next.log.at.findIndex(
          (at, place) =>
            at === log.at[line] &&
            next.log.of[place] === log.of[line] &&
            next.log.text[place] === log.text[line],
        );
  batch(() => {
    report.value = next;
    chosenLine.value = same === -1 ? undefined : same;
  });
}

/** The index in the list of all instances; instances of a group follow each other, in the order of groups. */
export function placeOf({ group, index }: { readonly group: string; readonly index: number }): number {
  let place = index;
  for (const { id, instances } of report.value.groups) {
    if (id === group) return place;
    place += instances;
  }
  return -1;
}

/** The index of the instance with this tag, such as `single[003]`; undefined if there is none. */
export function placeOfTag(text: string): number | undefined {
  const [, group = '', index = ''] = /^(.*)\[(\d+)\]$/.exec(text) ?? [];
  const its = report.value.groups.find(({ id }) => id === group);
  if (its === undefined || Number(index) >= its.instances) return undefined;
  return placeOf({ group, index: Number(index) });
}

/** Formats `single[003]`, as everywhere in tg's output. */
export function tagOf(instance: number): string {
  const its = report.value.instances[instance];
  return its === undefined ? 'tg' : tag(its);
}

function tag({ group, index }: ReportInstance): string {
  return `${report.value.groups[group]?.id ?? '?'}[${String(index).padStart(3, '0')}]`;
}
