import { computed } from '@preact/signals';
import { type LineKind, lineKinds } from '../../data.ts';
import { logFilter, report } from '../state.ts';
import { changeFilter } from './change-filter.ts';

/** The classes that occur in the log, and how many lines each has. */
const present = computed<ReadonlyMap<LineKind, number>>(() => {
  const counts = lineKinds.map(() => 0);
  for (const kind of report.value.log.kind) counts[kind] = (counts[kind] ?? 0) + 1;
  return new Map(
    lineKinds.flatMap((kind, place) => {
      const count = counts[place] ?? 0;
      return count > 0 ? [[kind, count] as const] : [];
    }),
  );
});

/** A button for each class, which hides or shows its lines, with one that shows this class alone. */
export function Classes() {
  const { kinds } = logFilter.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be in a line.
    <span class="kinds" role="group" aria-label="classes of lines">
      {[...present.value].map(([kind, count]) => (
        <span key={kind} class="pair">
          <button
            type="button"
            class="kind"
            aria-pressed={kinds?.has(kind) ?? true}
            title={`${count.toLocaleString('en')} lines; double-click or Alt: only these`}
            onClick={({ altKey }) => (altKey ? showOnly(kind) : toggle(kind))}
            onDblClick={() => showOnly(kind)}
          >
            <span class={kind}>{kind}</span>
          </button>
          <button
            type="button"
            class="only"
            aria-label={`only ${kind}`}
            aria-pressed={isAlone(kind)}
            onClick={() => (isAlone(kind) ? changeFilter({ kinds: undefined }) : showOnly(kind))}
          >
            only
          </button>
        </span>
      ))}
    </span>
  );
}

function showOnly(kind: LineKind): void {
  changeFilter({ kinds: new Set([kind]) });
}

function isAlone(kind: LineKind): boolean {
  const { kinds } = logFilter.value;
  return kinds?.size === 1 && kinds.has(kind);
}

function toggle(kind: LineKind): void {
  const { value: all } = present;
  const shown = new Set(logFilter.value.kinds ?? all.keys());
  if (!shown.delete(kind)) shown.add(kind);
  changeFilter({ kinds: [...all.keys()].every((each) => shown.has(each)) ? undefined : shown });
}
