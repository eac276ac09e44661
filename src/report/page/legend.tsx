import { stageColour } from './draw-rows.ts';
import { outcomes } from './looks.ts';
import { report } from './state.ts';

/** More stages than so many are not explained. */
const mostStages = 12;

/** What the colours and signs of the timeline mean. */
export function Legend() {
  const { instances, stages, waits } = report.value;
  const seen = [...new Set(instances.map(({ outcome }) => outcome))];
  const names = [...new Set(stages.map(({ name }) => name))];
  return (
    <ul class="legend">
      {seen.map((outcome) => (
        <li key={outcome}>
          <span class="swatch" style={{ background: outcomes[outcome].colour, opacity: 0.65 }} />{' '}
          {outcomes[outcome].sign} {outcome}
        </li>
      ))}
      {waits.length > 0 && (
        <li>
          <span class="swatch hatched" /> waits at a barrier
        </li>
      )}
      <li>
        <span class="swatch message" /> message
      </li>
      <li>
        <span class="diamond" aria-hidden="true">
          ◆
        </span>{' '}
        failure or crash
      </li>
      {names.slice(0, mostStages).map((name) => (
        <li key={name}>
          <span class="swatch low" style={{ background: stageColour(name) }} /> stage {name}
        </li>
      ))}
    </ul>
  );
}
