import { signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { percent } from '../../values/percent.ts';
import type { ComparedRow, ComparedSide, ComparisonReport } from '../data.ts';
import { short } from './format.ts';
import { useInSight } from './hooks/in-sight.ts';
import { Finder, isWanted } from './log/finder.tsx';
import { Page } from './page.tsx';
import { colourOf } from './palette.ts';

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

function Sides({ comparison: { sides, differ } }: { readonly comparison: ComparisonReport }) {
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
        {sides.map(({ name, words: text, runs }, place) => (
          <li key={name}>
            <span class="swatch" style={{ background: colourOf(place) }} /> <strong>{name}</strong>: {text}{' '}
            <details>
              <summary>{runs.length === 1 ? 'its run' : `${runs.length} runs`}</summary>
              {runs.map((run) => (
                <code key={run}>{run} </code>
              ))}
            </details>
          </li>
        ))}
      </ul>
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

const wanted = signal('');
/** The maximum number of rows shown. */
const maxRows = 300;

function ComparedMetrics({
  comparison: { sides, metrics, method },
}: {
  readonly comparison: ComparisonReport;
}) {
  const found = metrics.filter(({ metric }) => isWanted(metric, wanted));
  return (
    <section id="metrics" aria-labelledby="metrics-title">
      <h2 id="metrics-title">Metrics</h2>
      {metrics.length > 12 && (
        <Finder what="a metric" wanted={wanted} found={found.length} all={metrics.length} />
      )}
      <div class="scroll whole">
        <table class="compared">
          <thead>
            <tr>
              <th scope="col">metric</th>
              {sides.map(({ name }, place) => (
                <SideHeads key={name} name={name} isFirst={place === 0} />
              ))}
              <th scope="col" class="dots">
                values
              </th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, maxRows).map((row) => (
              <Row key={row.metric} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {found.length > maxRows && <p class="hint">and {found.length - maxRows} more: find one by its name</p>}
      <p class="hint">{method}</p>
      <p class="hint">
        ★: as * in the text above. Each dot is a run or an instance, whichever was compared; the line is their
        mean. If there are many, only some are drawn.
      </p>
    </section>
  );
}

function SideHeads({ name, isFirst }: { readonly name: string; readonly isFirst: boolean }) {
  if (isFirst) return <th scope="col">{name}</th>;
  return (
    <>
      <th scope="col">{name}</th>
      <th scope="col">change</th>
      <th scope="col">p</th>
    </>
  );
}

function Row({ row: { metric, of, sides } }: { readonly row: ComparedRow }) {
  const place = useRef<HTMLTableRowElement>(null);
  const inSight = useInSight(place);
  return (
    <tr ref={place}>
      <th scope="row" class="name" title={metric}>
        {metric}
      </th>
      {sides.map((side, index) => (
        <SideCells key={index} side={side} isFirst={index === 0} />
      ))}
      <td class="dots">
        {inSight && <Dots metric={metric} sides={sides} />} <small>{of}s</small>
      </td>
    </tr>
  );
}

function SideCells({ side, isFirst }: { readonly side: ComparedSide | null; readonly isFirst: boolean }) {
  const value = <td>{side === null ? '–' : short(side.value)}</td>;
  if (isFirst) return value;
  const { change = null, p = null, isSignificant = false } = side ?? {};
  const looks = isSignificant ? 'marked' : '';
  return (
    <>
      {value}
      <td class={looks}>{change === null ? '' : percent(change)}</td>
      <td class={looks}>
        {p === null ? '' : p.toFixed(4)}
        {isSignificant ? ' ★' : ''}
      </td>
    </>
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
