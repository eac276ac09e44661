import { type LineKind, lineKinds, type ReportOutcome } from '../../data.ts';
import { firstCauseLine } from '../cause-line.ts';
import { outcomes } from '../palette.ts';
import {
  chosen,
  chosenLine,
  logFilter,
  measured,
  moment,
  placeOfTag,
  report,
  type Span,
  tagOf,
  zoom,
} from '../state.ts';
import { type ArrowMode, arrowMode, arrowModes } from '../timeline/arrows.ts';
import { folded, type Order, order, orders, shownOutcomes, wantedInstances } from '../timeline/rows.ts';
import { inAddress } from './address.ts';
import { textField } from './text-field.ts';

inAddress(
  {
    key: 'zoom',
    write: () => zoom.value && `${rounded(zoom.value.from)}-${rounded(zoom.value.to)}`,
    read: (text) => {
      zoom.value = spanIn(text);
    },
  },
  {
    key: 'order',
    write: () => (order.value === 'number' ? undefined : order.value),
    read: (text) => {
      order.value = orders.find((each): each is Order => each === text) ?? 'number';
    },
  },
  {
    key: 'outcomes',
    write: () => shownOutcomes.value && [...shownOutcomes.value].join(),
    read: (text) => {
      const known = text?.split(',').filter((each): each is ReportOutcome => Object.hasOwn(outcomes, each));
      shownOutcomes.value = known && new Set(known);
    },
  },
  textField('instances', wantedInstances),
  {
    key: 'folded',
    write: () => {
      const ids = [...folded.value].map((group) => encodeURIComponent(report.value.groups[group]?.id ?? ''));
      return ids.length === 0 ? undefined : ids.join();
    },
    read: (text) => {
      const ids = new Set(text?.split(',').map(decoded));
      const { groups } = report.value;
      folded.value = new Set([...groups.keys()].filter((group) => ids.has(groups[group]?.id ?? '')));
    },
  },
  {
    key: 'arrows',
    write: () => (arrowMode.value === 'marked' ? undefined : arrowMode.value),
    read: (text) => {
      arrowMode.value = arrowModes.find((each): each is ArrowMode => each === text) ?? 'marked';
    },
  },
  {
    key: 'instance',
    write: () => (chosen.value === undefined ? undefined : tagOf(chosen.value)),
    read: (text) => {
      chosen.value = text === undefined ? undefined : placeOfTag(text);
    },
  },
  {
    key: 'search',
    write: () => logFilter.value.text || undefined,
    read: (text = '') => {
      logFilter.value = { ...logFilter.value, text };
    },
  },
  {
    key: 'group',
    write: () =>
      logFilter.value.group === undefined ? undefined : report.value.groups[logFilter.value.group]?.id,
    read: (text) => {
      const group = report.value.groups.findIndex(({ id }) => id === text);
      logFilter.value = { ...logFilter.value, group: group === -1 ? undefined : group };
    },
  },
  {
    key: 'classes',
    write: () => logFilter.value.kinds && [...logFilter.value.kinds].join(),
    read: (text) => {
      const kinds = text
        ?.split(',')
        .filter((each): each is LineKind => lineKinds.some((one) => one === each));
      logFilter.value = { ...logFilter.value, kinds: kinds && new Set(kinds) };
    },
  },
  {
    key: 'only',
    write: () => {
      const { onlyChosen, onlyShown } = logFilter.value;
      return [...(onlyChosen ? ['instance'] : []), ...(onlyShown ? ['time'] : [])].join() || undefined;
    },
    read: (text = '') => {
      const only = text.split(',');
      const [onlyChosen, onlyShown] = [only.includes('instance'), only.includes('time')];
      logFilter.value = { ...logFilter.value, onlyChosen, onlyShown };
    },
  },
  {
    // A page opens on the line of the first cause.
    key: 'line',
    write: () => {
      const { value: line } = chosenLine;
      if (line === firstCauseLine.value) return undefined;
      return line === undefined ? 'none' : lineText(line);
    },
    read: (text) => {
      chosenLine.value = text === undefined ? firstCauseLine.value : lineIn(text);
      moment.value = chosenLine.value === undefined ? undefined : report.value.log.at[chosenLine.value];
    },
  },
  {
    key: 'at',
    write: () => {
      const ofLine = chosenLine.value === undefined ? undefined : report.value.log.at[chosenLine.value];
      return moment.value === ofLine ? undefined : numberText(moment.value);
    },
    read: (text) => {
      if (text !== undefined) moment.value = numberIn(text);
    },
  },
  {
    key: 'measured',
    write: () => numberText(measured.value),
    read: (text) => {
      measured.value = numberIn(text);
    },
  },
);

/** A line by its time, its instance, and its number among those with the same: it is the same in a later report. */
function lineText(line: number): string {
  const { at, of } = report.value.log;
  let nth = 0;
  for (let before = line - 1; before >= 0 && at[before] === at[line]; before--)
    if (of[before] === of[line]) nth++;
  return `${at[line]},${tagOf(of[line] ?? -1)}${nth === 0 ? '' : `,${nth}`}`;
}

function lineIn(text: string): number | undefined {
  const [, time = '', tag = '', nth = '0'] = /^([^,]*),(.*?)(?:,(\d+))?$/.exec(text) ?? [];
  const { at, of } = report.value.log;
  const instance = tag === 'tg' ? -1 : placeOfTag(tag);
  const first = at.indexOf(Number(time));
  let left = Number(nth);
  for (let line = first; line >= 0 && at[line] === at[first]; line++)
    if (of[line] === instance && left-- === 0) return line;
  return undefined;
}

function spanIn(text = ''): Span | undefined {
  const [from, to] = text.split('-').map(Number);
  const isSpan = from !== undefined && to !== undefined && from >= 0 && to > from && Number.isFinite(to);
  return isSpan ? { from, to } : undefined;
}

function numberIn(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(rounded(value));
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** Decodes a part of an address; one that cannot be decoded as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
