import type { Building } from '../../run/build/build-watch.ts';
import type { RunEvent } from '../../run/events/events.ts';
import type { Progress } from '../../run/progress/progress.ts';
import type { JsonBody } from './json/json-events.ts';
import type { OrderedOutput } from './ordered-output.ts';
import type { RunText } from './run-text.ts';

/** The progress of packing the outputs of a run, for display. */
export interface Collecting {
  /** How much of the outputs is packed, before compression. */
  readonly bytes: number;
  /** When it began, in ms since the epoch. */
  readonly began: number;
}

/** Presents a run: receives its events and prints messages. Nothing else prints during a run. */
export interface Reporter extends Disposable {
  onEvent(event: RunEvent): void;
  /** Shows the progress of a build on an interactive terminal. */
  onBuilding?(building: Building | undefined): void;
  /** Shows the progress of collecting outputs on an interactive terminal. */
  onCollecting?(collecting: Collecting | undefined): void;
  /** Shows the progress of the run on an interactive terminal. */
  onProgress?(progress: Progress): void;
  /** Prints a message of the command before or after the run. */
  print(text: string): void;
  /** Emits a JSON event for what the command did before or after the run. */
  emitJson(body: JsonBody): void;
}

/** Adds the text of an event to the output: lines by their times, other text in order of arrival. */
export function showIn(output: OrderedOutput, event: RunEvent, text: RunText): void {
  const render = () => text.of(event);
  if (event.type === 'line') output.addLine(event.instance, event.elapsedMs, event.text.length, render);
  else output.add(render);
}
