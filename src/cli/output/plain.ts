import { OrderedOutput } from './ordered-output.ts';
import { type Reporter, showIn } from './reporter.ts';
import type { RunText } from './run-text.ts';
import type { Sink } from './sink.ts';

/** Prints plain lines, for scripts. */
export function plainReporter(sink: Sink, text: RunText): Reporter {
  const output = new OrderedOutput((message) => sink.write(message));
  return {
    onEvent: (event) => showIn(output, event, text),
    print: (message) => output.add(() => message),
    emitJson: () => {},
    [Symbol.dispose]: () => output[Symbol.dispose](),
  };
}
