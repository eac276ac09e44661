import { outcomes } from '../palette.ts';
import { report } from '../state.ts';
import { stageColours } from '../timeline/stages.ts';

/** The maximum number of stages in the legend. */
const maxStages = 12;

export function Legend() {
  const { instances, waits } = report.value;
  const seen = [...new Set(instances.map(({ outcome }) => outcome))];
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
      {[...stageColours.value].slice(0, maxStages).map(([name, colour]) => (
        <li key={name}>
          <span class="swatch low" style={{ background: colour }} /> stage {name}
        </li>
      ))}
    </ul>
  );
}
