import type { RunEvent } from '../../../run/events/events.ts';
import type { Reporter } from '../reporter.ts';
import type { Sink } from '../sink.ts';
import { type JsonBody, jsonOf } from './json-events.ts';
import { escapedJson } from './json-text.ts';

/** Prints one JSON object per event and nothing else. */
export function jsonReporter(sink: Sink): Reporter {
  let runId: string | null = null;
  const write = (body: JsonBody, at = Date.now()) =>
    sink.write(
      `${escapedJson(JSON.stringify({ version: 2, at: new Date(at).toISOString(), run_id: runId, ...body }))}\n`,
    );
  return {
    onEvent(event: RunEvent) {
      if (event.type === 'run-queued') runId = event.spec.runId;
      write(jsonOf(event), event.type === 'line' ? event.at : undefined);
    },
    // Messages for people are not printed.
    print: () => {},
    emitJson: (body) => {
      if (body.type === 'finished') runId = null;
      write(body);
    },
    [Symbol.dispose]: () => {},
  };
}
