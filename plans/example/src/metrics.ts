import { setTimeout as sleep } from 'node:timers/promises';
import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** Works for a while, and records metrics ten times a second, in results.out. */
export async function metrics(runenv: RunEnv, _init: InitContext): Promise<void> {
  const counter = runenv.R().counter('example.counter1');
  const histogram = runenv.R().histogram('example.histogram1');
  const gauge = runenv.R().gauge('example.gauge1');
  const end = performance.now() + runenv.durationParam('duration');
  while (performance.now() < end) {
    const data = Math.floor(Math.random() * 15);
    runenv.recordMessage(`Doing work: ${data}`);
    counter.inc(data);
    histogram.update(data);
    gauge.update(data);
    await sleep(100);
  }
}
