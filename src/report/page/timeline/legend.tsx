import { More } from '../more.tsx';
import { outcomes } from '../palette.ts';
import { Sign } from '../sign.tsx';
import { report } from '../state.ts';
import { stageColours } from './stages.ts';

/** The number of stages in the legend, until the user asks for more. */
const maxStages = 12;

export function Legend() {
  const { instances, waits } = report.value;
  const seen = [...new Set(instances.map(({ outcome }) => outcome))];
  return (
    <ul class="legend">
      {seen.map((outcome) => (
        <li key={outcome}>
          <span class="swatch" style={{ background: outcomes[outcome].colour, opacity: 0.65 }} />{' '}
          <Sign name={outcomes[outcome].sign} /> {outcome}
        </li>
      ))}
      {instances.some(({ from, ready }) => from !== null && ready !== null && ready > from) && (
        <li>
          <span class="swatch hollow" /> start-up
        </li>
      )}
      {waits.length > 0 && (
        <li>
          <span class="swatch hatched" /> waits at a barrier
        </li>
      )}
      <li>
        <span class="swatch message" /> message
      </li>
      <li>
        <span class="diamond">
          <Sign name="diamond" />
        </span>{' '}
        failure or crash
      </li>
      <More all={[...stageColours.value]} first={maxStages} what="stage" as="li">
        {([name, colour]) => (
          <li key={name}>
            <span class="swatch low" style={{ background: colour }} /> stage {name}
          </li>
        )}
      </More>
    </ul>
  );
}
