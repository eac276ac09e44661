import ora from 'ora';
import type { RunEvent } from '../../run/events.ts';
import { instanceTag } from '../../run/instance-id.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { Frame } from './frame.ts';
import { type Reporter, type RunText, showIn } from './reporter.ts';
import type { Sink } from './sink.ts';

/** How often the live line changes, in ms. */
const refreshMs = 100;

/** The lines of a run on a terminal, and below them a live one with counts and the time. */
export function terminalReporter(sink: Sink, text: RunText): Reporter {
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  const counts: Counts = { running: 0, ok: 0, failed: 0, saidFailure: new Set() };
  let began = Date.now();
  const frame = new Frame((words) => {
    if (spinner.isSpinning) spinner.clear();
    sink.write(words);
    if (spinner.isSpinning) spinner.render();
  });
  const refresh = () => {
    const { running, ok, failed } = counts;
    spinner.text = `running ${running} · ok ${ok} · failed ${failed} · ${formatDuration(Date.now() - began)}`;
  };
  const timer = setInterval(refresh, refreshMs);
  const stop = () => {
    clearInterval(timer);
    if (spinner.isSpinning) spinner.stop();
    frame.flush();
  };

  return {
    onEvent(event: RunEvent) {
      count(counts, event);
      if (event.type === 'run-ended') stop();
      showIn(frame, event, text.of(event));
      if (event.type !== 'run-started') return;
      began = Date.now();
      refresh();
      spinner.start();
    },
    print: (words) => frame.add(words),
    tell: () => {},
    [Symbol.dispose]: stop,
  };
}

interface Counts {
  running: number;
  ok: number;
  failed: number;
  /** Those that said that they failed: the Go SDK exits with status 0 all the same. */
  readonly saidFailure: Set<string>;
}

/** A first impression: the verdicts come at the end of the run. */
function count(counts: Counts, event: RunEvent): void {
  if (event.type === 'instance-started') counts.running++;
  if (event.type === 'instance-not-started') counts.failed++;
  if (event.type === 'line' && (event.event?.type === 'failure' || event.event?.type === 'crash')) {
    counts.saidFailure.add(instanceTag(event.instance));
  }
  if (event.type !== 'instance-exited') return;
  counts.running--;
  if (event.code === 0 && !counts.saidFailure.has(instanceTag(event.instance))) counts.ok++;
  else counts.failed++;
}
