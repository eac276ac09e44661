import { Frame } from './frame.ts';
import { type Reporter, type RunText, showIn } from './reporter.ts';
import type { Sink } from './sink.ts';

/** Prints plain lines, for scripts. */
export function plainReporter(sink: Sink, text: RunText): Reporter {
  const frame = new Frame((words) => sink.write(words));
  return {
    onEvent: (event) => showIn(frame, event, text),
    print: (words) => frame.add(() => words),
    tell: () => {},
    [Symbol.dispose]: () => frame[Symbol.dispose](),
  };
}
