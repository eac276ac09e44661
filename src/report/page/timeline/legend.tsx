import { More } from '../more.tsx';
import { faultColour, outcomes } from '../palette.ts';
import { Sign } from '../sign.tsx';
import { report } from '../state.ts';
import { arrows } from './arrows.ts';
import { networkColours } from './networks.ts';
import { stageColours } from './stages.ts';

/** The number of stages, and of settings of networks, in the legend, until the user asks for more. */
const maxStages = 12;

export function Legend() {
  const { instances, waits, faults } = report.value;
  const { drawn } = arrows.value;
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
      {drawn.some(({ what }) => what === 'release') && (
        <li>
          <ArrowSwatch /> from the last signal that a barrier needed
        </li>
      )}
      {drawn.some(({ what }) => what === 'message') && (
        <li>
          <ArrowSwatch dash="3 2" /> from publication to receipt
        </li>
      )}
      {waits.length > 0 && (
        <li>
          <span class="swatch hatched" /> waits at a barrier
        </li>
      )}
      {faults.length > 0 && (
        <li>
          <span class="swatch" style={{ background: faultColour, opacity: 0.35 }} /> <Sign name="bolt" />{' '}
          fault
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
      <More all={[...networkColours.value]} first={maxStages} what="network" as="li">
        {([settings, colour]) => (
          <li key={settings} title={settings}>
            <span class="swatch lane" style={{ background: colour }} /> network: {settings}
          </li>
        )}
      </More>
    </ul>
  );
}

function ArrowSwatch({ dash }: { readonly dash?: string }) {
  return (
    <svg class="arrow" width="22" height="9" aria-hidden="true" focusable="false">
      <path d="M0 4.5H16" stroke-dasharray={dash} />
      <path class="head" d="M15 1.5 21 4.5 15 7.5Z" />
    </svg>
  );
}
