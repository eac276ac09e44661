import { Chalk } from 'chalk';
import { instanceTag } from '../../../plan/instance-id.ts';
import type { RunEvent } from '../../../run/events/events.ts';
import { OrderedOutput } from '../ordered-output.ts';
import { type Reporter, showIn } from '../reporter.ts';
import type { RunText } from '../run-text.ts';
import type { Sink } from '../sink.ts';
import { type Board, boardLines, maxMessages, onOneLine } from './board.ts';
import { Screen } from './screen.ts';
import { Spinner } from './spinner.ts';
import { buildWork, collectWork } from './work.ts';

/** How often the board is redrawn, in ms. */
const refreshMs = 200;
/** The maximum number of characters kept of a message; no terminal is wider. */
const maxCharacters = 500;

/** How a terminal is drawn. */
interface Look {
  readonly colour: boolean;
  /** Whether a spinner shows builds and collecting that last. */
  readonly spinner: boolean;
}

/** Prints the lines of a run on a terminal, with a board below them that shows the progress. */
export function terminalReporter(
  stream: NodeJS.WriteStream,
  sink: Sink,
  text: RunText,
  look: Look,
): Reporter {
  const chalk = new Chalk(look.colour ? { level: 1 } : { level: 0 });
  const screen = new Screen(sink);
  const output = new OrderedOutput((message) => screen.print(message));
  let board: Board | undefined;
  let began = 0;
  const spinner = look.spinner ? new Spinner(stream, screen, look.colour) : undefined;
  const draw = () => {
    const { columns, rows } = stream;
    if (board === undefined) return;
    screen.show(boardLines({ ...board, elapsedMs: performance.now() - began }, { columns, rows }, chalk));
  };
  const onResize = () => {
    screen.redraw();
    spinner?.draw();
    draw();
  };
  const timer = setInterval(draw, refreshMs);
  stream.on('resize', onResize);
  const remove = () => {
    output.flush();
    board = undefined;
    screen.show([]);
  };

  return {
    onEvent(event: RunEvent) {
      if (event.type === 'run-ended') remove();
      // The spinner shows the build already.
      if (spinner === undefined || event.type !== 'building') showIn(output, event, text);
      if (event.type === 'run-started') began = performance.now();
      board = boardAfter(event, board);
    },
    onBuilding: (building) => spinner?.show(building && buildWork(building)),
    onCollecting: (collecting) => spinner?.show(collecting && collectWork(collecting)),
    onProgress(progress) {
      if (board !== undefined) board = { ...board, progress };
    },
    print: (message) => output.add(() => message),
    emitJson: () => {},
    [Symbol.dispose]() {
      clearInterval(timer);
      stream.off('resize', onResize);
      spinner?.[Symbol.dispose]();
      remove();
      screen[Symbol.dispose]();
    },
  };
}

/** Returns the board after an event. */
function boardAfter(event: RunEvent, board: Board | undefined): Board | undefined {
  if (event.type === 'run-started') {
    const { plan, testCase, config } = event.spec;
    return {
      title: `${plan.name}:${testCase}`,
      timeoutMs: config.timeoutMs,
      ...{ elapsedMs: 0, progress: undefined, messages: [], ending: undefined },
    };
  }
  if (board === undefined) return undefined;
  if (event.type === 'stopping') return { ...board, ending: onOneLine(event.stop.why) };
  if (event.type !== 'line' || event.event?.type !== 'message') return board;
  const text = onOneLine(event.event.message.slice(0, maxCharacters));
  const message = `${instanceTag(event.instance)} ${text}`;
  return { ...board, messages: [...board.messages, message].slice(-maxMessages) };
}
