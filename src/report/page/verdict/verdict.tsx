import { type About, type ReportOutcome, wordOf } from '../../data.ts';
import { duration, many } from '../format.ts';
import { MachineWarning } from '../machine/machine-warning.tsx';
import { outcomes } from '../palette.ts';
import { printing } from '../print.ts';
import { Sign } from '../sign.tsx';
import type { SignName } from '../signs.ts';
import { report, tookMs } from '../state.ts';
import { Causes } from './causes.tsx';
import { NotPassed } from './not-passed.tsx';
import { Stall } from './stall.tsx';
import { Unmet } from './unmet.tsx';

/** The verdict: how the run ended, and why it did not succeed. */
export function Verdict() {
  const { about, instances, gaps } = report.value;
  const word = wordOf(about);
  const hasBegun = instances.some(({ from }) => from !== null);
  return (
    <section id="verdict" class={`verdict ${word}`} aria-labelledby="verdict-title">
      <h1 id="verdict-title">
        <Sign name={signOf(word)} /> {word}
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
      <MachineWarning />
      <Causes />
      <Lines lines={about.why} />
      <Asked all={about.thresholds} sign="check" />
      <Asked all={about.faults} sign="bolt" />
      <Stall />
      <Unmet />
      <NotPassed />
      {gaps.length > 0 && (
        <details class="gaps" open={printing.value}>
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

/** What was asked of a run, and whether it came so. @param sign of what did. */
function Asked({ all, sign }: { readonly all: About['thresholds']; readonly sign: SignName }) {
  if (all.length === 0) return null;
  return (
    <ul class="thresholds">
      {all.map(({ words: text, isMet }) => (
        <li key={text}>
          <Sign name={isMet ? sign : 'cross'} /> {text}
        </li>
      ))}
    </ul>
  );
}

const signs: Readonly<Record<string, SignName>> = {
  success: 'check',
  failure: 'cross',
  error: 'bang',
  canceled: 'dash',
  running: 'play',
  interrupted: 'bangs',
};

function signOf(word: string): SignName {
  return signs[word] ?? 'question';
}

function Counts() {
  const counts = new Map<ReportOutcome, number>();
  for (const { outcome } of report.value.instances) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return (
    <ul class="counts">
      {[...counts].map(([outcome, count]) => (
        <li key={outcome}>
          <span class="swatch" style={{ background: outcomes[outcome].colour }} />{' '}
          <Sign name={outcomes[outcome].sign} /> {count} {outcome}
        </li>
      ))}
    </ul>
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
