import { useState } from 'preact/hooks';
import { FirstLines } from '../first-lines.tsx';
import { printing } from '../print.ts';
import { report } from '../state.ts';

/** The maximum number of lines, until the user asks for more. */
const maxLines = 30;

/** Where the run stalled. It stays open while a run hangs; once it has ended, its causes say so. */
export function Stall() {
  const { stood, outcome, causes } = report.value.about;
  const [choice, setChoice] = useState<boolean | undefined>(undefined);
  if (stood.length === 0) return null;
  const isOpen = choice ?? (outcome !== 'success' && causes.length === 0);
  return (
    <details
      class="stall"
      open={isOpen || printing.value}
      onToggle={({ currentTarget: { open } }) => {
        if (!printing.value && open !== isOpen) setChoice(open);
      }}
    >
      <summary>{stood[0]}</summary>
      <FirstLines lines={stood.slice(1)} first={maxLines} />
    </details>
  );
}
