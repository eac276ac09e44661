import type { LinkCounts } from '../../data.ts';
import { bytes, short } from '../format.ts';
import { Finder, isWanted } from '../log/finder.tsx';
import { Scroll } from '../scroll.tsx';
import { report, tagOf } from '../state.ts';
import { TableHead } from '../table-head.tsx';
import { textInAddress } from '../view/text-field.ts';
import { level } from './level.ts';

const wanted = textInAddress('links');
/** How many links are listed at once. */
const maxRows = 50;

interface Named extends LinkCounts {
  readonly name: string;
}

/** What happened to the packets of each instance, or of each group. */
export function Links() {
  const isByGroup = level.value === 'groups';
  const all = isByGroup ? ofGroups() : ofInstances();
  const found = all.filter(({ name }) => isWanted(name, wanted));
  return (
    <>
      {all.length > 8 && (
        <Finder
          what={isByGroup ? 'a group' : 'an instance'}
          wanted={wanted}
          found={found.length}
          all={all.length}
        />
      )}
      <Scroll label="packets of each link">
        <table>
          <TableHead names={heads} />
          <tbody>
            {found.slice(0, maxRows).map((link) => (
              <Row key={link.name} {...link} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {found.length > maxRows && <p class="hint">and {found.length - maxRows} more: find one by its name</p>}
    </>
  );
}

const heads = [
  ...['link', 'sent', 'sent bytes', 'received', 'received bytes'],
  ...['lost as asked', 'queue full', 'not asked for', 'strayed'],
];

function Row({ name, sent, sentBytes, received, receivedBytes, lost, overflowed, unasked, strayed }: Named) {
  const count = (packets: number | null) => (packets === null ? '?' : packets === 0 ? '–' : short(packets));
  return (
    <tr>
      <th scope="row" class="name" title={name}>
        {name}
      </th>
      <td>{short(sent)}</td>
      <td>{bytes(sentBytes)}</td>
      <td>{short(received)}</td>
      <td>{bytes(receivedBytes)}</td>
      <td>{count(lost)}</td>
      <td>{count(overflowed)}</td>
      <td class={unasked > 0 ? 'bad' : ''}>{count(unasked)}</td>
      <td>{count(strayed)}</td>
    </tr>
  );
}

function ofInstances(): Named[] {
  const links = report.value.network?.links ?? [];
  return links.toSorted((a, b) => a.of - b.of).map((link) => ({ ...link, name: tagOf(link.of) }));
}

function ofGroups(): Named[] {
  const { network, instances, groups } = report.value;
  const members = Map.groupBy(network?.links ?? [], ({ of }) => instances[of]?.group ?? -1);
  return [...members]
    .sort(([a], [b]) => a - b)
    .map(([group, links]) => {
      const sum = (of: (link: LinkCounts) => number) => links.reduce((all, link) => all + of(link), 0);
      return {
        name: `${groups[group]?.id ?? '?'} (${links.length})`,
        sent: sum(({ sent }) => sent),
        sentBytes: sum(({ sentBytes }) => sentBytes),
        received: sum(({ received }) => received),
        receivedBytes: sum(({ receivedBytes }) => receivedBytes),
        lost: sum(({ lost }) => lost),
        overflowed: sum(({ overflowed }) => overflowed),
        unasked: sum(({ unasked }) => unasked),
        strayed: links.some((link) => link.strayed === null) ? null : sum(({ strayed }) => strayed ?? 0),
      };
    });
}
