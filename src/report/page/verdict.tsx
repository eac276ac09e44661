import { type ReportOutcome, wordOf } from '../data.ts';
import { duration, many } from './format.ts';
import { isTrouble, outcomes } from './palette.ts';
import { choose, placeOf, report, tagOf, tookMs } from './state.ts';

/** The verdict: how the run ended, and why it did not succeed. */
export function Verdict() {
  const { about, instances, gaps } = report.value;
  const word = wordOf(about);
  const hasBegun = instances.some(({ from }) => from !== null);
  return (
    <section id="verdict" class={`verdict ${word}`} aria-labelledby="verdict-title">
      <h1 id="verdict-title">
        <span class="sign" aria-hidden="true">
          {signs[word] ?? '?'}
        </span>{' '}
        {word}
      </h1>
      <p class="what">
        <strong>
          {about.plan}:{about.testCase}
        </strong>
        {about.name === 'default' ? '' : `, ${about.name}`} · {many(instances.length, 'instance')} ·{' '}
        {hasBegun ? `${duration(tookMs.value)} · ` : ''} {new Date(about.began).toLocaleString()} ·{' '}
        <code>{about.runId}</code>
      </p>
      <Counts />
      <Causes />
      <Lines lines={about.why} />
      {about.thresholds.length > 0 && (
        <ul class="thresholds">
          {about.thresholds.map(({ words: text, isMet }) => (
            <li key={text}>
              <span aria-hidden="true">{isMet ? '✓' : '✗'}</span> {text}
            </li>
          ))}
        </ul>
      )}
      {about.stood.length > 0 && (
        // A run that hangs shows what it waits for. Once it has ended, its causes say so.
        <details open={about.outcome !== 'success' && about.causes.length === 0}>
          <summary>{about.stood[0]}</summary>
          <pre>{about.stood.slice(1).join('\n')}</pre>
        </details>
      )}
      <NotPassed />
      {gaps.length > 0 && (
        <details class="gaps">
          <summary>{many(gaps.length, 'thing')} missing on this page</summary>
          <ul>
            {gaps.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

const signs: Readonly<Record<string, string>> = {
  success: '✓',
  failure: '✗',
  error: '!',
  canceled: '–',
  unknown: '?',
  running: '▸',
  interrupted: '‼',
};

function Counts() {
  const counts = new Map<ReportOutcome, number>();
  for (const { outcome } of report.value.instances) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return (
    <ul class="counts">
      {[...counts].map(([outcome, count]) => (
        <li key={outcome}>
          <span class="sign" style={{ color: outcomes[outcome].colour }} aria-hidden="true">
            {outcomes[outcome].sign}
          </span>{' '}
          {count} {outcome}
        </li>
      ))}
    </ul>
  );
}

/** Why the run did not pass, the most important first. */
function Causes() {
  const { causes, consequences } = report.value.about;
  if (causes.length === 0) return null;
  return (
    <ol class="causes">
      {causes.map(({ title, details, example }) => (
        <li key={title}>
          <div class="cause-title">{title}</div>
          {details !== '' && <pre>{details}</pre>}
          {example !== null && <Instance place={placeOf(example)} />}
        </li>
      ))}
      {consequences.map((text) => (
        <li key={text} class="consequence">
          {text}
        </li>
      ))}
    </ol>
  );
}

/** A button that shows the lines of an instance. */
function Instance({ place }: { readonly place: number }) {
  return (
    <button type="button" class="instance" onClick={() => lookAt(place)}>
      {tagOf(place)}
    </button>
  );
}

/** Reasons other than those of instances, which have their own list. */
function Lines({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <ul class="why">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

/** The maximum number of instances listed for one reason. */
const maxListed = 40;

/** The instances that did not pass, grouped by reason. */
function NotPassed() {
  const { instances } = report.value;
  const reasons = new Map<string, number[]>();
  for (const [place, { outcome, reason }] of instances.entries()) {
    if (!isTrouble(outcome)) continue;
    const text = `${outcome}: ${reason}`;
    const known = reasons.get(text);
    if (known === undefined) reasons.set(text, [place]);
    else known.push(place);
  }
  if (reasons.size === 0) return null;
  // The causes come first; the list of all instances is there for those who want it.
  return (
    <details class="not-passed" open={report.value.about.causes.length === 0}>
      <summary>Instances that did not pass</summary>
      <ul>
        {[...reasons].slice(0, maxListed).map(([text, places]) => (
          <li key={text}>
            <div class="reason">{text}</div>
            {places.slice(0, maxListed).map((place) => (
              <Instance key={place} place={place} />
            ))}
            {places.length > maxListed && ` and ${places.length - maxListed} more`}
          </li>
        ))}
      </ul>
      {reasons.size > maxListed && <p>and {reasons.size - maxListed} more reasons: see the log</p>}
    </details>
  );
}

function lookAt(place: number): void {
  choose(place);
  document.getElementById('log')?.scrollIntoView({ behavior: 'smooth' });
}
