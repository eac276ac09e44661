import { many } from '../format.ts';
import { selectLine } from '../select.ts';
import { Sign } from '../sign.tsx';
import { choose, chosen, chosenLine, logFilter, report, tagOf, zoom } from '../state.ts';
import { changeFilter } from './change-filter.ts';
import { Classes } from './classes.tsx';
import { isAmong, topLine } from './in-view.ts';
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
        onInput={({ currentTarget }) => search(currentTarget.value)}
      />
      {query.value === undefined && (
        <span class="bad">not a valid regular expression: all lines are shown</span>
      )}
      <Groups />
      <Classes />
      {chosen.value !== undefined && <OnlyInstance instance={chosen.value} />}
      {zoom.value !== undefined && (
        <label>
          <input
            type="checkbox"
            checked={filter.onlyShown}
            onChange={({ currentTarget }) => changeFilter({ onlyShown: currentTarget.checked })}
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

/** Searches; when the search is cleared, the hit that was looked at stays where it is, and is selected. */
function search(text: string): void {
  const { value: line } = chosenLine;
  const { value: hit } = topLine;
  const isCleared = text === '' && logFilter.value.text !== '' && query.value !== undefined;
  if (isCleared && hit !== undefined && (line === undefined || !isAmong(found.value, line))) selectLine(hit);
  changeFilter({ text });
}

function Groups() {
  const { groups } = report.value;
  if (groups.length < 2) return null;
  return (
    <select
      aria-label="group"
      value={logFilter.value.group ?? ''}
      onChange={({ currentTarget: { value } }) =>
        changeFilter({ group: value === '' ? undefined : Number(value) })
      }
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

/** Limits the log to the selected instance, or shows all instances again. */
function OnlyInstance({ instance }: { readonly instance: number }) {
  const { onlyChosen } = logFilter.value;
  if (!onlyChosen)
    return (
      <button type="button" onClick={() => changeFilter({ onlyChosen: true })}>
        only {tagOf(instance)}
      </button>
    );
  return (
    <button type="button" onClick={() => choose(undefined)} aria-label="all instances again">
      only {tagOf(instance)} <Sign name="cross" />
    </button>
  );
}
