import { useRef } from 'preact/hooks';
import { pValue } from '../../values/p-value.ts';
import { percent, percentRange } from '../../values/percent.ts';
import type { ComparedEffect, ComparedRow, ComparedSide, ComparisonReport } from '../comparison-data.ts';
import { short } from './format.ts';
import { useInSight } from './hooks/in-sight.ts';
import { Finder, isWanted } from './log/finder.tsx';
import { Page } from './page.tsx';
import { colourOf } from './palette.ts';
import { textInAddress } from './view/text-field.ts';

export function ComparisonPage({ comparison }: { readonly comparison: ComparisonReport }) {
  return (
    <Page links={['runs', 'metrics']}>
      <Sides comparison={comparison} />
      <ComparedMetrics comparison={comparison} />
    </Page>
  );
}

/** The number of differences shown before the list is expanded. */
const maxDifferences = 5;

function Sides({
  comparison: { sides, differ, gates, saturated, leftOut },
}: {
  readonly comparison: ComparisonReport;
}) {
  const differences = (
    <ul>
      {differ.map((line) => (
        <li key={line}>
          <code>{line}</code>
        </li>
      ))}
    </ul>
  );
  return (
    <section id="runs" aria-labelledby="runs-title">
      <h1 id="runs-title">Comparison</h1>
      <ul class="sides">
        {sides.map(({ name, words: text, isBaseline, runs }, place) => (
          <li key={name}>
            <span class="swatch" style={{ background: colourOf(place) }} /> <strong>{name}</strong>: {text}
            {isBaseline && ', the baseline'}{' '}
            <details>
              <summary>{runs.length === 1 ? 'its run' : `${runs.length} runs`}</summary>
              {runs.map((run) => (
                <code key={run}>{run} </code>
              ))}
            </details>
          </li>
        ))}
      </ul>
      {saturated.map((line) => (
        <p key={line} class="machine-warning">
          {line}
        </p>
      ))}
      {leftOut.map((line) => (
        <p key={line} class="hint">
          {line}
        </p>
      ))}
      {gates.length > 0 && (
        <ul class="gates">
          {gates.map((line) => (
            <li key={line} class={line.startsWith('failed') ? 'bad' : ''}>
              {line}
            </li>
          ))}
        </ul>
      )}
      {differ.length === 0 && <p>Their settings are the same.</p>}
      {differ.length > maxDifferences && (
        <details>
          <summary>They differ in {differ.length} settings</summary>
          {differences}
        </details>
      )}
      {differ.length > 0 && differ.length <= maxDifferences && (
        <>
          <p>They differ in:</p>
          {differences}
        </>
      )}
    </section>
  );
}

const wanted = textInAddress('compared');
/** The maximum number of rows shown. */
const maxRows = 300;

function ComparedMetrics({
  comparison: { sides, metrics, method },
}: {
  readonly comparison: ComparisonReport;
}) {
  const found = metrics.filter(({ metric, point }) => isWanted(`${metric} ${point}`, wanted));
  return (
    <section id="metrics" aria-labelledby="metrics-title">
      <h2 id="metrics-title">Metrics</h2>
      {metrics.length > 12 && (
        <Finder what="a metric" wanted={wanted} found={found.length} all={metrics.length} />
      )}
      {found.slice(0, maxRows).map((row) => (
        <ComparedMetric key={`${row.metric} ${row.point}`} row={row} sides={sides} />
      ))}
      {found.length > maxRows && <p class="hint">and {found.length - maxRows} more: find one by its name</p>}
      {method.split('\n').map((paragraph) => (
        <p class="hint" key={paragraph}>
          {paragraph}
        </p>
      ))}
      <p class="hint">
        ★: as * in the text above. Each dot is a run or an instance, whichever was compared; the line is their
        mean. If there are many, only some are drawn.
      </p>
    </section>
  );
}

/** The statistics of a side, in the order of its effects. */
const stats = ['mean', 'p50', 'p95', 'p99'] as const;

/** A metric: a row for each side, a column for each statistic that a side has enough samples for. */
function ComparedMetric({
  row: { point, metric, of, sides: all },
  sides,
}: {
  readonly row: ComparedRow;
  readonly sides: ComparisonReport['sides'];
}) {
  const place = useRef<HTMLElement>(null);
  const inSight = useInSight(place);
  const shown = [...stats.keys()].filter((stat) => all.some((side) => side?.effects[stat]));
  const title = point === '' ? metric : `${metric}, at ${point}`;
  const titleId = `metric-${title}`;
  return (
    <article class="compared" ref={place} aria-labelledby={titleId}>
      <h3 id={titleId}>{title}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">side</th>
            {shown.map((stat) => (
              <th scope="col" key={stat}>
                {stats[stat]}
              </th>
            ))}
            <th scope="col">p</th>
          </tr>
        </thead>
        <tbody>
          {all.map((side, index) => (
            <tr key={index}>
              <th scope="row">
                <span class="swatch" style={{ background: colourOf(index) }} /> {sides[index]?.name}
              </th>
              {shown.map((stat) => (
                <EffectCell key={stat} what={stats[stat] ?? ''} effect={side?.effects[stat] ?? null} />
              ))}
              <td data-stat="p" class={side?.isSignificant ? 'marked' : ''}>
                {side === null || side.p === null ? '' : pValue(side.p)}
                {side?.isSignificant ? ' ★' : ''}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="dots">
        {inSight && <Dots metric={title} sides={all} />} <small>{of}s</small>
      </div>
    </article>
  );
}

/** A value with its interval, and the change from the baseline with that of it. */
function EffectCell({ what, effect }: { readonly what: string; readonly effect: ComparedEffect | null }) {
  if (effect === null) return <td data-stat={what}>–</td>;
  const { value, interval, change, changeInterval, isBeyondNoise } = effect;
  return (
    <td data-stat={what}>
      {short(value)}
      {interval !== null && (
        <small>
          {short(interval[0])} to {short(interval[1])}
        </small>
      )}
      {change !== null && (
        <span class={isBeyondNoise ? 'change marked' : 'change'}>
          {percent(change)}
          {isBeyondNoise ? ' ★' : ''}
          {changeInterval !== null && <small>{percentRange(changeInterval)}</small>}
        </span>
      )}
    </td>
  );
}

const dots = { width: 260, row: 14, edge: 6 } as const;

/** The values of each side on its own line, on a shared scale. */
function Dots({
  metric,
  sides,
}: {
  readonly metric: string;
  readonly sides: readonly (ComparedSide | null)[];
}) {
  const all = sides.flatMap((side) => (side === null ? [] : [side.centre, ...side.values]));
  const min = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const max = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (all.length === 0) return null;
  const x = (value: number) =>
    max === min ? dots.width / 2 : dots.edge + ((value - min) / (max - min)) * (dots.width - 2 * dots.edge);
  return (
    <svg
      width={dots.width}
      height={sides.length * dots.row}
      role="img"
      aria-label={`values of ${metric} from ${short(min)} to ${short(max)}`}
    >
      {sides.map((side, place) => {
        const y = (place + 0.5) * dots.row;
        return (
          <g key={place} fill={colourOf(place)}>
            {side?.values.map((value, index) => (
              <circle key={index} cx={x(value)} cy={y} r={3} opacity={0.55} />
            ))}
            {side !== null && <rect x={x(side.centre) - 1} y={y - 6} width={2} height={12} />}
          </g>
        );
      })}
    </svg>
  );
}
