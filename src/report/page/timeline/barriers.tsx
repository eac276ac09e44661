import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { duration } from '../format.ts';
import { Finder, isWanted } from '../log/finder.tsx';
import { ArrivalCurves } from '../metrics/arrival-curves.tsx';
import { type Arrivals, arrivals, slowest } from '../metrics/arrivals.ts';
import { More } from '../more.tsx';
import { Scroll } from '../scroll.tsx';
import { Sign } from '../sign.tsx';
import { choose, tagOf } from '../state.ts';
import { TableHead } from '../table-head.tsx';
import { goTo, inAddress, step } from '../view/address.ts';
import { textField } from '../view/text-field.ts';

/** The drawn barrier, by name and target; default: the slowest. */
const drawn = signal<string | undefined>(undefined);
/** The number of rows shown at first, since more rows are slow and unreadable. */
const maxRows = 200;
const wanted = signal('');

inAddress(
  {
    key: 'barrier',
    write: () => drawn.value,
    read: (text) => {
      drawn.value = text;
    },
  },
  textField('barriers', wanted),
);

/** Draws a barrier, and goes there. */
export function drawBarrier(its: Arrivals): void {
  step(() => (drawn.value = keyOf(its)));
  goTo('barriers');
}

/** The arrivals of instances at the barriers. */
export function Barriers() {
  const { value: all } = arrivals;
  if (all.length === 0) return null;
  const chosen = all.findIndex((each) => keyOf(each) === drawn.value);
  const place = chosen === -1 ? slowest(all) : chosen;
  const its = all[place];
  const found = [...all.entries()].filter(([, { name }]) => isWanted(name, wanted));
  return (
    <section id="barriers" aria-labelledby="barriers-title">
      <h2 id="barriers-title">Barriers and states</h2>
      {its !== undefined && <ArrivalCurves key={keyOf(its)} arrivals={its} />}
      {all.length > 12 && <Finder what="a state" wanted={wanted} found={found.length} all={all.length} />}
      <Scroll label="barriers and states">
        <table>
          <TableHead names={heads} />
          <tbody>
            <More all={found} first={maxRows} what="state" as={MoreRow}>
              {([index, each]) => <Row key={keyOf(each)} arrivals={each} isDrawn={index === place} />}
            </More>
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

const heads = ['state', 'signalled', 'of', 'first', 'last', 'between', 'last to arrive', 'continued'];

/** The row of the button for more rows. */
function MoreRow({ children }: { readonly children: ComponentChildren }) {
  return (
    <tr>
      <td colSpan={heads.length}>{children}</td>
    </tr>
  );
}

function keyOf({ name, target }: Arrivals): string {
  return JSON.stringify([name, target]);
}

function Row({ arrivals: its, isDrawn }: { readonly arrivals: Arrivals; readonly isDrawn: boolean }) {
  const { name, at, target, count, opened, last: by, passes } = its;
  const [first, last] = [at[0], at.at(-1)];
  const isMissing = target !== null && opened === false;
  return (
    <tr class={isDrawn ? 'chosen' : ''}>
      <th scope="row" class="name" title={name}>
        <button
          type="button"
          class="link"
          aria-pressed={isDrawn}
          onClick={() => step(() => (drawn.value = keyOf(its)))}
        >
          {name}
        </button>
      </th>
      <td class={isMissing ? 'bad' : ''}>
        {isMissing && <Sign name="cross" />} {opened === undefined ? `${count} or more` : count}
      </td>
      <td>{target ?? '–'}</td>
      <td>{first === undefined ? '–' : duration(first)}</td>
      <td>{last === undefined ? '–' : duration(last)}</td>
      <td>{first === undefined || last === undefined ? '–' : duration(last - first)}</td>
      <td>
        {by === undefined ? (
          '–'
        ) : (
          <button type="button" class="instance" onClick={() => step(() => choose(by))}>
            {tagOf(by)}
          </button>
        )}
      </td>
      <td>{target === null ? '–' : passes.length}</td>
    </tr>
  );
}
