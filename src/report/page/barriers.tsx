import { signal } from '@preact/signals';
import UPlot from 'uplot';
import type { Barrier } from '../data.ts';
import { Finder, isWanted } from './finder.tsx';
import { colourOf, pageColour } from './looks.ts';
import { type Columns, Plot } from './plot.tsx';
import { choose, report, shown, tagOf } from './state.ts';
import { duration } from './words.ts';

/** Which of them is drawn: of those that are waited at, the one with the most between first and last, where nobody has chosen. */
const drawn = signal<number | undefined>(undefined);

/** More rows than so many are not shown: nobody reads them, and browsers are slow with them. */
const mostRows = 200;
const wanted = signal('');

/** How the instances came to the barriers. */
export function Barriers() {
  const { barriers } = report.value;
  if (barriers.length === 0) return null;
  const place = drawn.value !== undefined && drawn.value < barriers.length ? drawn.value : slowest(barriers);
  const its = barriers[place];
  const found = [...barriers.entries()].filter(([, { state }]) => isWanted(state, wanted));
  return (
    <section id="barriers" aria-labelledby="barriers-title">
      <h2 id="barriers-title">Barriers and states</h2>
      {its !== undefined && <Arrivals key={place} place={place} barrier={its} />}
      {barriers.length > 12 && (
        <Finder what="a state" wanted={wanted} found={found.length} all={barriers.length} />
      )}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">state</th>
              <th scope="col">signalled</th>
              <th scope="col">of</th>
              <th scope="col">first</th>
              <th scope="col">last</th>
              <th scope="col">between</th>
              <th scope="col">last to arrive</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, mostRows).map(([index, barrier]) => (
              <tr key={`${barrier.state} ${barrier.target}`} class={index === place ? 'chosen' : ''}>
                <th scope="row">
                  <button
                    type="button"
                    class="link"
                    aria-pressed={index === place}
                    onClick={() => (drawn.value = index)}
                  >
                    {barrier.state}
                  </button>
                </th>
                <Cells barrier={barrier} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length > mostRows && (
        <p class="hint">and {found.length - mostRows} more: find one by its name</p>
      )}
    </section>
  );
}

function Cells({ barrier }: { readonly barrier: Barrier }) {
  const { at, target, count } = barrier;
  const [first, last] = [at[0], at.at(-1)];
  const by = lastToArrive(barrier);
  const missing = target !== null && count < target;
  return (
    <>
      <td class={missing ? 'bad' : ''}>
        {missing ? '✗ ' : ''}
        {count}
      </td>
      <td>{target ?? '–'}</td>
      <td>{first === undefined ? '–' : duration(first)}</td>
      <td>{last === undefined ? '–' : duration(last)}</td>
      <td>{first === undefined || last === undefined ? '–' : duration(last - first)}</td>
      <td>
        {by === undefined ? (
          '–'
        ) : (
          <button type="button" class="instance" onClick={() => choose(by)}>
            {tagOf(by)}
          </button>
        )}
      </td>
    </>
  );
}

/** Who opened it, or came last where nobody did. */
function lastToArrive({ by, target, count }: Barrier): number | undefined {
  return target !== null && count >= target ? (by[target - 1] ?? by.at(-1)) : by.at(-1);
}

function slowest(barriers: readonly Barrier[]): number {
  const spread = ({ at, target }: Barrier) => (target === null ? -1 : (at.at(-1) ?? 0) - (at[0] ?? 0));
  return barriers.reduce((worst, its, place) => {
    const before = barriers[worst];
    return before === undefined || spread(its) > spread(before) ? place : worst;
  }, 0);
}

/** Curves of those who came, and of those who went on. */
function Arrivals({ place, barrier }: { readonly place: number; readonly barrier: Barrier }) {
  const { state, target, at } = barrier;
  const { waits, about } = report.value;
  const passes = waits
    .filter(({ barrier: of, passed }) => of === place && passed)
    .map(({ to }) => to ?? 0)
    .sort((a, b) => a - b);
  const columns = stepsOf([at, passes], about.tookMs, target);
  const stepped = UPlot.paths.stepped?.({ align: 1 });
  const line = (label: string, stroke: string, dash?: number[]): UPlot.Series => ({
    ...{ label, stroke, width: 2, points: { show: false } },
    ...(stepped === undefined ? {} : { paths: stepped }),
    ...(dash === undefined ? {} : { dash }),
  });
  const series = [
    line('signalled', colourOf(0)),
    line('went on', colourOf(2), [6, 4]),
    ...(target === null ? [] : [line('needed', pageColour('--ink'), [2, 4])]),
  ];
  const words = `${state}: ${at.length} signals${target === null ? '' : ` of ${target}`}, ${passes.length} went on`;
  return (
    <figure>
      <figcaption>{words}</figcaption>
      <Plot label={words} series={series} columns={columns} span={shown.value} height={220} />
    </figure>
  );
}

/** Counts that grow by one at each moment, in the columns of one plot. */
function stepsOf(all: readonly (readonly number[])[], end: number, target: number | null): Columns {
  const times = [...new Set([0, ...all.flat(), end])].sort((a, b) => a - b);
  const counts = all.map((moments) => {
    let count = 0;
    return times.map((time) => {
      while (count < moments.length && (moments[count] ?? 0) <= time) count++;
      return count;
    });
  });
  return [times, ...counts, ...(target === null ? [] : [times.map(() => target)])];
}
