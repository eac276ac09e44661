import { signal } from '@preact/signals';
import type { RunReport } from '../data.ts';
import { clock, replaceReport, report } from './state.ts';

/** How often, in ms, it is asked how a run stands. */
const askEvery = 1_000;

/** Of a page that is served: how it stands with its server. */
export const live = signal<string | undefined>(undefined);

/** Asks where the page came from how the run stands, until it has ended, or nobody answers. */
export async function follow(): Promise<void> {
  let known = '';
  for (;;) {
    // A server that ends in the midst of its answer has ended.
    const answer = await ask(known).catch(() => undefined);
    if (answer === undefined) {
      live.value = 'tg report --watch has ended: this is what it said last';
      return;
    }
    known = answer.tag;
    if (answer.report !== undefined) replaceReport(answer.report);
    const { state, began } = report.value.about;
    if (answer.problem !== undefined) live.value = `this cannot be brought up to date: ${answer.problem}`;
    else if (state !== 'processing') {
      live.value = 'the run has ended';
      return;
    } else {
      clock.value = Math.max(0, Date.now() - began);
      live.value = '● live: this page follows the run';
    }
    await new Promise((resolve) => setTimeout(resolve, askEvery));
  }
}

interface Answer {
  /** What the page is like that the server has given last. */
  readonly tag: string;
  /** Undefined where nothing has happened since. */
  readonly report?: RunReport;
  readonly problem?: string;
}

async function ask(known: string): Promise<Answer> {
  const answer = await fetch('data', { headers: known === '' ? {} : { 'if-none-match': known } });
  if (answer.status === 304) return { tag: known };
  if (answer.status !== 200) return { tag: known, problem: await answer.text() };
  return { tag: answer.headers.get('etag') ?? '', report: (await answer.json()) as RunReport };
}
