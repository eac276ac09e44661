import { signal } from '@preact/signals';
import { More } from '../more.tsx';
import { isTrouble } from '../palette.ts';
import { printing } from '../print.ts';
import { report } from '../state.ts';
import { InstanceButton } from './instance-button.tsx';

/** The number of reasons, and of instances of each, until the user asks for more. */
const maxListed = 40;

/** Whether the list is open; undefined for the default. The causes come first, and the list is for details. */
export const notPassedIsOpen = signal<boolean | undefined>(undefined);

/** The instances that did not pass, grouped by reason. */
export function NotPassed() {
  const { instances, about } = report.value;
  const reasons = new Map<string, number[]>();
  for (const [place, { outcome, reason }] of instances.entries()) {
    if (!isTrouble(outcome)) continue;
    const text = `${outcome}: ${reason}`;
    const known = reasons.get(text);
    if (known === undefined) reasons.set(text, [place]);
    else known.push(place);
  }
  if (reasons.size === 0) return null;
  const isOpen = notPassedIsOpen.value ?? about.causes.length === 0;
  return (
    <details
      class="not-passed"
      open={isOpen || printing.value}
      onToggle={({ currentTarget: { open } }) => {
        if (!printing.value && open !== isOpen) notPassedIsOpen.value = open;
      }}
    >
      <summary>Instances that did not pass</summary>
      <ul>
        <More all={[...reasons]} first={maxListed} what="reason" as="li">
          {([text, places]) => (
            <li key={text}>
              <div class="reason">{text}</div>
              <More all={places} first={maxListed} what="instance">
                {(place) => <InstanceButton key={place} place={place} />}
              </More>
            </li>
          )}
        </More>
      </ul>
    </details>
  );
}
