import { type LineKind, lineKinds } from '../../data.ts';
import { many } from '../format.ts';
import { choose, chosen, logFilter, report, tagOf, zoom } from '../state.ts';
import { found, query } from './search.ts';

export function LogFilters() {
  const { log } = report.value;
  const filter = logFilter.value;
  return (
    <div class="tools">
      <input
        id="search"
        type="search"
        placeholder={'search: words, "some words", -without, single[3], /reg.*exp/'}
        aria-label="search the log"
        aria-invalid={query.value === undefined}
        value={filter.text}
        onInput={({ currentTarget }) => change({ text: currentTarget.value })}
      />
      {query.value === undefined && (
        <span class="bad">not a valid regular expression: all lines are shown</span>
      )}
      <Groups />
      <Kinds />
      {chosen.value !== undefined && (
        <button type="button" onClick={() => choose(undefined)} aria-label="all instances again">
          only {tagOf(chosen.value)} ✕
        </button>
      )}
      {zoom.value !== undefined && (
        <label>
          <input
            type="checkbox"
            checked={filter.onlyShown}
            onChange={({ currentTarget }) => change({ onlyShown: currentTarget.checked })}
          />{' '}
          only the time above
        </label>
      )}
      <output class="hint">
        {found.value.length === log.at.length
          ? many(log.at.length, 'line')
          : `${found.value.length.toLocaleString('en')} of ${many(log.at.length, 'line')}`}
      </output>
    </div>
  );
}

function change(changes: Partial<typeof logFilter.value>): void {
  logFilter.value = { ...logFilter.value, ...changes };
}

function Groups() {
  const { groups } = report.value;
  if (groups.length < 2) return null;
  return (
    <select
      aria-label="group"
      value={logFilter.value.group ?? ''}
      onChange={({ currentTarget: { value } }) => change({ group: value === '' ? undefined : Number(value) })}
    >
      <option value="">all groups</option>
      {groups.map(({ id }, place) => (
        <option key={id} value={place}>
          {id}
        </option>
      ))}
    </select>
  );
}

function Kinds() {
  const { log } = report.value;
  const { kinds } = logFilter.value;
  const present = lineKinds.filter((_, kind) => log.kind.includes(kind));
  const toggle = (kind: LineKind) => {
    const shown = new Set(kinds ?? present);
    if (!shown.delete(kind)) shown.add(kind);
    change({ kinds: present.every((each) => shown.has(each)) ? undefined : shown });
  };
  return (
    <span class="kinds">
      {present.map((kind) => (
        <button
          type="button"
          key={kind}
          class="kind"
          aria-pressed={kinds?.has(kind) ?? true}
          onClick={() => toggle(kind)}
        >
          {kind}
        </button>
      ))}
    </span>
  );
}
