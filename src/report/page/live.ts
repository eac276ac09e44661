import { signal } from '@preact/signals';
import type { RunReport } from '../data.ts';
import { report } from './state.ts';

/** How often, in ms, it is asked how a run stands. */
const askEvery = 1_000;

/** Of a page that is served: how it stands with its server. */
export const live = signal<string | undefined>(undefined);

/** Asks where the page came from how the run stands, until it has ended. */
export async function follow(): Promise<void> {
  let known = '';
  for (;;) {
    try {
      const answer = await fetch('data', { headers: known === '' ? {} : { 'if-none-match': known } });
      if (answer.status === 200) {
        known = answer.headers.get('etag') ?? '';
        report.value = (await answer.json()) as RunReport;
      } else if (answer.status !== 304) throw new Error(await answer.text());
      const goesOn = report.value.about.state === 'processing';
      live.value = goesOn ? '● live: this page follows the run' : 'the run has ended';
      if (!goesOn) return;
    } catch {
      live.value = 'tg report --watch has ended: this is what it said last';
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, askEvery));
  }
}
