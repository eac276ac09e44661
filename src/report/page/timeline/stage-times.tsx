import type { StageTimes as Times } from '../../data.ts';
import { duration } from '../format.ts';
import { Finder, isWanted } from '../log/finder.tsx';
import { Scroll } from '../scroll.tsx';
import { choose, report, tagOf } from '../state.ts';
import { TableHead } from '../table-head.tsx';
import { textInAddress } from '../view/text-field.ts';

const wanted = textInAddress('stages');
/** How many stages are listed at once. */
const maxRows = 50;

/** How long each stage took, and in which instance it took longest. */
export function StageTimes() {
  const { stageTimes } = report.value;
  if (stageTimes.length === 0) return null;
  const found = stageTimes.filter(({ name }) => isWanted(name, wanted));
  return (
    <section id="stages" aria-labelledby="stages-title">
      <h2 id="stages-title">Stages</h2>
      {stageTimes.length > 8 && (
        <Finder what="a stage" wanted={wanted} found={found.length} all={stageTimes.length} />
      )}
      <Scroll label="stages">
        <table>
          <TableHead names={heads} />
          <tbody>
            {found.slice(0, maxRows).map((each) => (
              <Row key={each.name} {...each} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {found.length > maxRows && <p class="hint">and {found.length - maxRows} more: find one by its name</p>}
    </section>
  );
}

const heads = ['stage', 'ended', 'did not end', 'p50', 'p95', 'max', 'slowest'];

function Row({ name, count, unended, times }: Times) {
  return (
    <tr>
      <th scope="row" class="name" title={name}>
        {name}
      </th>
      <td>{count}</td>
      <td class={unended > 0 ? 'bad' : ''}>{unended === 0 ? '–' : unended}</td>
      <td>{times === null ? '–' : duration(times.p50)}</td>
      <td>{times === null ? '–' : duration(times.p95)}</td>
      <td>{times === null ? '–' : duration(times.max)}</td>
      <td>
        {times === null ? (
          '–'
        ) : (
          <button type="button" class="instance" onClick={() => choose(times.slowest)}>
            {tagOf(times.slowest)}
          </button>
        )}
      </td>
    </tr>
  );
}
