import { signal } from '@preact/signals';
import type { RunReport } from '../data.ts';
import { replaceReport, report } from './state.ts';

/** How often, in ms, it is asked how a run stands. */
const askEvery = 1_000;

/** Of a page that is served: how it stands with its server. */
export const live = signal<string | undefined>(undefined);

/** Asks where the page came from how the run stands, until it has ended, or nobody answers. */
export async function follow(): Promise<void> {
  let known = '';
  for (;;) {
    const answer = await fetch('data', { headers: known === '' ? {} : { 'if-none-match': known } }).catch(
      () => undefined,
    );
    if (answer === undefined) {
      live.value = 'tg report --watch has ended: this is what it said last';
      return;
    }
    if (answer.status === 200) {
      known = answer.headers.get('etag') ?? '';
      replaceReport((await answer.json()) as RunReport);
    } else if (answer.status === 304) {
      replaceReport(asItStandsNow(report.value));
    }
    const goesOn = report.value.about.state === 'processing';
    const isWell = answer.status === 200 || answer.status === 304;
    live.value = isWell
      ? goesOn
        ? '● live: this page follows the run'
        : 'the run has ended'
      : `this cannot be brought up to date: ${await answer.text()}`;
    if (isWell && !goesOn) return;
    await new Promise((resolve) => setTimeout(resolve, askEvery));
  }
}

/** Where nothing has happened, time has gone on. */
function asItStandsNow(its: RunReport): RunReport {
  return {
    ...its,
    about: { ...its.about, tookMs: Math.max(its.about.tookMs, Date.now() - its.about.began) },
  };
}
