import { Frame } from './frame.ts';
import { type Reporter, type RunText, showIn } from './reporter.ts';
import type { Sink } from './sink.ts';

/** Prints plain lines, for scripts. */
export function plainReporter(sink: Sink, text: RunText): Reporter {
  const frame = new Frame((message) => sink.write(message));
  return {
    onEvent: (event) => showIn(frame, event, text),
    print: (message) => frame.add(() => message),
    emitJson: () => {},
    [Symbol.dispose]: () => frame[Symbol.dispose](),
  };
}
