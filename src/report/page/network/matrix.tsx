import { bytes, many, short } from '../format.ts';
import { Scroll } from '../scroll.tsx';
import { report, tagOf } from '../state.ts';
import { level } from './level.ts';
import { type Cell, droppedOf, matrixOf, packetsOf, shadeOf } from './matrix-data.ts';

/** From this many columns on, cells have no text. */
const dense = 13;
/** The strongest background of a cell, in percent of the colour: text on it stays readable. */
const strongest = 40;

/** A table of who sent packets to whom: darker for more of them, with a bar where some were dropped. */
export function Matrix() {
  const { network, groups } = report.value;
  if (network?.peers == null) return null;
  const { pairs, unlisted, groups: ofGroups } = network.peers;
  const isByGroup = level.value === 'groups';
  const { senders, receivers, cells, most, left } = matrixOf(isByGroup ? ofGroups : pairs);
  if (senders.length === 0) return <p class="hint">no instance sent packets to another</p>;
  const nameOf = (side: number) => {
    if (side < 0) return 'a shared NAT';
    return isByGroup ? (groups[side]?.id ?? '?') : tagOf(side);
  };
  const isDense = receivers.length >= dense;
  return (
    <>
      <h3>Who sent packets to whom</h3>
      <p class="hint">
        rows send, columns receive; <span class="swatch dropped" /> some were dropped
        {left > 0 && `; ${many(left, 'other')} with fewer packets left out`}
        {!isByGroup && unlisted > 0 && `; ${many(unlisted, 'packet')} between others not listed`}
      </p>
      <Scroll label="who sent packets to whom">
        <table class={isDense ? 'matrix dense' : 'matrix'}>
          <thead>
            <tr>
              <th scope="col">from</th>
              {receivers.map((to) => (
                <th key={to} scope="col" title={nameOf(to)}>
                  <span>{nameOf(to)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {senders.map((from) => (
              <tr key={from}>
                <th scope="row" class="name" title={nameOf(from)}>
                  {nameOf(from)}
                </th>
                {receivers.map((to) => {
                  const cell = cells.get(from)?.get(to);
                  if (cell === undefined) return <td key={to} />;
                  const title = `${nameOf(from)} to ${nameOf(to)}: ${cellText(cell)}`;
                  return <Packets key={to} cell={cell} title={title} most={most} isDense={isDense} />;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

interface PacketsProps {
  readonly cell: Cell;
  readonly title: string;
  readonly most: number;
  readonly isDense: boolean;
}

function Packets({ cell, title, most, isDense }: PacketsProps) {
  const share = Math.round(strongest * shadeOf(packetsOf(cell), most));
  const dropped = droppedOf(cell);
  return (
    <td
      class={dropped > 0 ? 'dropped' : ''}
      style={{ background: `color-mix(in srgb, var(--link) ${share}%, var(--paper))` }}
      title={title}
    >
      <span class={isDense ? 'unseen' : ''}>
        {short(packetsOf(cell))}
        {dropped > 0 && <small> −{short(dropped)}</small>}
      </span>
    </td>
  );
}

/** `4 packets (188 B), 3 received, 1 lost as asked` */
function cellText({ sent, bytes: size, received, lost, overflowed, unasked }: Cell): string {
  return [
    `${many(sent, 'packet')} (${bytes(size)})`,
    `${short(received)} received`,
    ...(lost > 0 ? [`${short(lost)} lost as asked`] : []),
    ...(overflowed > 0 ? [`${short(overflowed)} dropped by a full queue`] : []),
    ...(unasked > 0 ? [`${short(unasked)} dropped although not asked for`] : []),
  ].join(', ');
}
