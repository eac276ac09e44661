import type { ReportOutcome } from '../../data.ts';
import { More } from '../more.tsx';
import { outcomes } from '../palette.ts';
import { Sign } from '../sign.tsx';
import { report } from '../state.ts';
import { folded, rows, shownOutcomes, toggleFold, wantedInstances } from './rows.ts';

/** The number of groups that can be folded one by one, until the user asks for more. */
const maxGroups = 12;

/** Which instances have a row: those with some outcomes, those named, those whose group is not folded. */
export function TimelineFilters() {
  const { instances } = report.value;
  if (instances.length < 2) return null;
  return (
    <div class="tools">
      <Outcomes />
      <input
        type="search"
        class="short"
        placeholder="instances: single[3], [0-9]"
        aria-label="show only these instances"
        value={wantedInstances.value}
        onInput={({ currentTarget }) => {
          wantedInstances.value = currentTarget.value;
        }}
      />
      {rows.value.length === 0 && <span class="bad">no instance matches</span>}
      <Groups />
    </div>
  );
}

function Outcomes() {
  const counts = new Map<ReportOutcome, number>();
  for (const { outcome } of report.value.instances) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (counts.size < 2) return null;
  const toggle = (outcome: ReportOutcome) => {
    const shown = new Set(shownOutcomes.value ?? counts.keys());
    if (!shown.delete(outcome)) shown.add(outcome);
    shownOutcomes.value = shown.size >= counts.size ? undefined : shown;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be in a line.
    <span class="kinds" role="group" aria-label="outcomes in the timeline">
      {[...counts].map(([outcome, count]) => (
        <button
          type="button"
          key={outcome}
          class="kind"
          aria-pressed={shownOutcomes.value?.has(outcome) ?? true}
          onClick={() => toggle(outcome)}
        >
          <Sign name={outcomes[outcome].sign} /> {outcome} {count}
        </button>
      ))}
    </span>
  );
}

/** A button for each group, which folds its instances into one row. */
function Groups() {
  const { groups } = report.value;
  const all = groups.map((_, place) => place);
  if (groups.length < 2) return null;
  const areFolded = folded.value.size === groups.length;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be in a line.
    <span class="kinds" role="group" aria-label="groups in the timeline">
      <button
        type="button"
        class="kind"
        onClick={() => {
          folded.value = new Set(areFolded ? [] : all);
        }}
      >
        {areFolded ? 'unfold all groups' : 'fold all groups'}
      </button>
      <More all={groups} first={maxGroups} what="group">
        {({ id, instances }, place) => (
          <button
            type="button"
            key={id}
            class="kind name"
            aria-expanded={!folded.value.has(place)}
            onClick={() => toggleFold(place)}
          >
            <Sign name={folded.value.has(place) ? 'closed' : 'open'} /> {id} ({instances})
          </button>
        )}
      </More>
    </span>
  );
}
