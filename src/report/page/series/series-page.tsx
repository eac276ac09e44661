import { runOutcomes } from '../../series-data.ts';
import { duration, many } from '../format.ts';
import { Page } from '../page.tsx';
import { Failures } from './failures.tsx';
import { SeriesMetrics } from './metrics.tsx';
import { Outcomes } from './outcomes.tsx';
import { series } from './state.ts';

/** The index page of a series. */
export function SeriesPage() {
  const { metrics, reasons } = series.value;
  const links = [
    'series',
    'outcomes',
    ...(reasons.length > 0 ? ['failures'] : []),
    ...(metrics.length > 0 ? ['metrics'] : []),
  ];
  return (
    <Page links={links}>
      <About />
      <Outcomes />
      <Failures />
      <SeriesMetrics />
    </Page>
  );
}

function About() {
  const { about, runs, gaps } = series.value;
  const counts = runOutcomes.flatMap((outcome, index) => {
    const count = runs.outcome.filter((its) => its === index).length;
    return count === 0 ? [] : [{ outcome, count }];
  });
  return (
    <section id="series" aria-labelledby="series-title">
      <h1 id="series-title">
        {many(runs.id.length, 'run')}
        {counts.map(({ outcome, count }) => (
          <span key={outcome} class={`count ${outcome}`}>
            {' '}
            {count.toLocaleString('en')} {outcome}
          </span>
        ))}
      </h1>
      <p class="what">
        <strong>
          {about.plan}:{about.testCase}
        </strong>
        {about.labels.map((label) => (
          <span key={label} class="label">
            {' '}
            {label}
          </span>
        ))}{' '}
        · {duration(about.tookMs)} · {new Date(about.began).toLocaleString()} · <code>{about.id}</code>
      </p>
      {about.state !== 'complete' && <p class="state">{stateText(about.state, about.planned)}</p>}
      {gaps.map((gap) => (
        <p key={gap} class="hint">
          {gap}
        </p>
      ))}
    </section>
  );
}

function stateText(state: 'running' | 'cut short' | 'interrupted', planned: number | null): string {
  const all = planned === null ? '' : ` of ${planned} planned runs`;
  if (state === 'running') return `The series is still running: the page shows what has ended so far${all}.`;
  if (state === 'cut short')
    return `The series was canceled before the last${all === '' ? '' : all} had begun.`;
  return `The series was interrupted: tg was killed before the end${all}.`;
}
