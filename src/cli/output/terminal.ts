import ora from 'ora';
import type { RunEvent } from '../../run/events.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { Frame } from './frame.ts';
import { type Reporter, type RunText, showIn } from './reporter.ts';
import type { Sink } from './sink.ts';

/** How often the live line changes, in ms. */
const refreshMs = 100;

/** The lines of a run on a terminal, and below them a live one with counts and the time. */
export function terminalReporter(sink: Sink, text: RunText): Reporter {
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  const counts = { running: 0, ok: 0, failed: 0 };
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
    [Symbol.dispose]: stop,
  };
}

function count(counts: { running: number; ok: number; failed: number }, event: RunEvent): void {
  if (event.type === 'instance-started') counts.running++;
  if (event.type === 'instance-not-started') counts.failed++;
  if (event.type !== 'instance-exited') return;
  counts.running--;
  // A first impression: the verdict comes at the end of the run.
  if (event.code === 0) counts.ok++;
  else counts.failed++;
}
