import type { ComparedRow, ComparedSide, ComparisonReport } from '../data.ts';
import { colourOf } from './looks.ts';
import { Page } from './page.tsx';
import { short } from './words.ts';

/** What is less likely than this, where nothing differs, is marked. */
const significant = 0.05;

/** Runs side by side. */
export function ComparisonPage({ comparison }: { readonly comparison: ComparisonReport }) {
  const { sides, differ, metrics, method } = comparison;
  return (
    <Page links={['runs', 'metrics']}>
      <section id="runs" aria-labelledby="runs-title">
        <h1 id="runs-title">Comparison</h1>
        <ul class="sides">
          {sides.map(({ name, words, runs }, place) => (
            <li key={name}>
              <span class="swatch" style={{ background: colourOf(place) }} /> <strong>{name}</strong>: {words}{' '}
              <details>
                <summary>{runs.length === 1 ? 'its run' : `${runs.length} runs`}</summary>
                {runs.map((run) => (
                  <code key={run}>{run} </code>
                ))}
              </details>
            </li>
          ))}
        </ul>
        {differ.length === 0 ? (
          <p>They were asked for with the same.</p>
        ) : (
          <>
            <p>They differ in</p>
            <ul>
              {differ.map((line) => (
                <li key={line}>
                  <code>{line}</code>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <section id="metrics" aria-labelledby="metrics-title">
        <h2 id="metrics-title">Metrics</h2>
        <div class="scroll">
          <table class="compared">
            <thead>
              <tr>
                <th scope="col">metric</th>
                <th scope="col">values</th>
                {sides.map(({ name }, place) => (
                  <SideHeads key={name} name={name} isFirst={place === 0} />
                ))}
              </tr>
            </thead>
            <tbody>
              {metrics.map((row) => (
                <Row key={row.metric} row={row} />
              ))}
            </tbody>
          </table>
        </div>
        <p class="hint">
          p: {method}: how likely so much of a difference is where there is none; ★ below {significant}. Each
          dot is a run, or, where a side has fewer than four of them, an instance; the line is the mean.
        </p>
      </section>
    </Page>
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

function Row({ row: { metric, sides } }: { readonly row: ComparedRow }) {
  return (
    <tr>
      <th scope="row">{metric}</th>
      <td>
        <Dots metric={metric} sides={sides} />
      </td>
      {sides.map((side, place) => (
        <SideCells key={place} side={side} isFirst={place === 0} />
      ))}
    </tr>
  );
}

function SideCells({ side, isFirst }: { readonly side: ComparedSide | null; readonly isFirst: boolean }) {
  const value = <td>{side === null ? '–' : short(side.value)}</td>;
  if (isFirst) return value;
  const { change = null, p = null } = side ?? {};
  const isMarked = p !== null && p < significant;
  return (
    <>
      {value}
      <td class={isMarked ? 'marked' : ''}>{change === null ? '' : percent(change)}</td>
      <td class={isMarked ? 'marked' : ''}>
        {p === null ? '' : p.toFixed(4)}
        {isMarked ? ' ★' : ''}
      </td>
    </>
  );
}

function percent(share: number): string {
  const text = (100 * share).toFixed(1);
  return Number(text) === 0 ? '0.0 %' : `${share > 0 ? '+' : ''}${text} %`;
}

const dots = { width: 260, row: 14, edge: 6 } as const;

/** The values of each side on a line of its own, all on one scale. */
function Dots({
  metric,
  sides,
}: {
  readonly metric: string;
  readonly sides: readonly (ComparedSide | null)[];
}) {
  const all = sides.flatMap((side) => side?.values ?? []);
  const least = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (all.length === 0) return null;
  const x = (value: number) =>
    most === least
      ? dots.width / 2
      : dots.edge + ((value - least) / (most - least)) * (dots.width - 2 * dots.edge);
  return (
    <svg
      width={dots.width}
      height={sides.length * dots.row}
      role="img"
      aria-label={`values of ${metric} from ${short(least)} to ${short(most)}`}
    >
      {sides.map((side, place) => {
        const y = (place + 0.5) * dots.row;
        return (
          <g key={place} fill={colourOf(place)}>
            {side?.values.map((value, index) => (
              <circle key={index} cx={x(value)} cy={y} r={3} opacity={0.55} />
            ))}
            {side !== null && <rect x={x(side.value) - 1} y={y - 6} width={2} height={12} />}
          </g>
        );
      })}
    </svg>
  );
}
