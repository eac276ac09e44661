import type { CauseSection, ReportCause } from '../../data.ts';
import { lineOfCause } from '../cause-line.ts';
import { FirstLines } from '../first-lines.tsx';
import { goToLog, goToTimeline, selectLine } from '../select.ts';
import { placeOf, report } from '../state.ts';
import { step } from '../view/address.ts';
import { InstanceButton } from './instance-button.tsx';
import { notPassedIsOpen } from './not-passed.tsx';

/** The maximum number of lines of a section, until the user asks for more. */
const maxLines = 12;

/** Why the run did not pass, the most important first. */
export function Causes() {
  const { causes, consequences } = report.value.about;
  if (causes.length === 0) return null;
  return (
    <ol class="causes">
      {causes.map((cause) => (
        <Cause key={cause.title} cause={cause} />
      ))}
      {consequences.map((text) => (
        <li key={text} class="consequence">
          <button type="button" class="link" onClick={showNotPassed}>
            {text}
          </button>
        </li>
      ))}
    </ol>
  );
}

function Cause({ cause }: { readonly cause: ReportCause }) {
  const { title, code, source, sections, example } = cause;
  const line = lineOfCause(cause);
  return (
    <li class="cause">
      <div class="cause-title">{title}</div>
      {(example !== null || code !== null) && (
        <div class="tools">
          {example !== null && <InstanceButton place={placeOf(example)} />}
          {code !== null && (
            <span>
              in <code>{code}</code>
            </span>
          )}
          {line !== undefined && (
            <>
              <button type="button" onClick={() => showInLog(line)}>
                in the log
              </button>
              <button type="button" onClick={() => goToTimeline(line)}>
                in the timeline
              </button>
            </>
          )}
        </div>
      )}
      {source !== null && <pre class="source">{source}</pre>}
      {sections.map((section, place) => (
        <Section key={place} section={section} />
      ))}
    </li>
  );
}

function Section({ section: { what, lines } }: { readonly section: CauseSection }) {
  return (
    <div class="cause-section">
      {what !== '' && <h2>{what}</h2>}
      {/* The last lines on stderr say why. */}
      <FirstLines lines={lines} first={maxLines} isFromEnd={what === 'stderr'} />
    </div>
  );
}

function showInLog(line: number): void {
  step(() => selectLine(line));
  goToLog();
}

/** Opens the list of the instances that a text counts. */
function showNotPassed(): void {
  notPassedIsOpen.value = true;
  document.querySelector('.not-passed')?.scrollIntoView({ block: 'nearest' });
}
