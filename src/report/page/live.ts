import { signal } from '@preact/signals';
import type { RunReport } from '../data.ts';
import { firstCauseLine } from './cause-line.ts';
import { isSelected, selectLine } from './select.ts';
import { clock, logFilter, replaceReport, report } from './state.ts';

/** How often a live page polls, in ms. */
const askEvery = 1_000;

/** The connection state of a live page. */
export const live = signal<string | undefined>(undefined);

/** Polls the server of the page until the run has ended or the server does not respond. */
export async function follow(): Promise<void> {
  let known = '';
  for (;;) {
    // A server that stops in the middle of a response has exited.
    const answer = await ask(known).catch(() => undefined);
    if (answer === undefined) {
      live.value = 'tg report --watch has ended: this page shows its last state';
      return;
    }
    known = answer.tag;
    if (answer.report !== undefined) showReport(answer.report);
    const { state, began } = report.value.about;
    if (answer.problem !== undefined) live.value = `this page cannot be updated: ${answer.problem}`;
    else if (state !== 'processing') {
      live.value = 'the run has ended';
      return;
    } else {
      clock.value = Math.max(0, Date.now() - began);
      live.value = 'live: this page follows the run';
    }
    await new Promise((resolve) => setTimeout(resolve, askEvery));
  }
}

/** Shows a newer report. Once a run has ended, the page shows its first cause, unless the user looks at something. */
function showReport(next: RunReport): void {
  const isEnd = report.value.about.state === 'processing' && next.about.state !== 'processing';
  replaceReport(next);
  if (isEnd && !isSelected() && logFilter.value.text === '') selectLine(firstCauseLine.value);
}

interface Answer {
  /** The tag of the last report received. */
  readonly tag: string;
  /** Undefined if the report has not changed. */
  readonly report?: RunReport;
  readonly problem?: string;
}

async function ask(known: string): Promise<Answer> {
  const answer = await fetch('data', { headers: known === '' ? {} : { 'if-none-match': known } });
  // Read to its end in any case: a browser aborts a request whose response is dropped.
  const body = await answer.text();
  if (answer.status === 304) return { tag: known };
  if (answer.status !== 200) return { tag: known, problem: body };
  return { tag: answer.headers.get('etag') ?? '', report: JSON.parse(body) as RunReport };
}
