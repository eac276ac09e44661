import { supportsColor } from 'chalk';
import { withoutCommands } from './github/workflow-commands.ts';
import { LineFormat } from './lines.ts';
import { plainReporter } from './plain.ts';
import { type Reporter, RunText } from './reporter.ts';
import { type Sink, sinkOf } from './sink.ts';

/** Where a command's words go, and how they look. */
export interface Output extends Disposable {
  readonly format: LineFormat;
  /** What is written to it directly comes as it is. */
  readonly sink: Sink;
  readonly reporter: Reporter;
}

interface OutputOptions {
  readonly quiet: boolean;
  /** Whether stdout is for an archive: all words then go to stderr. */
  readonly wordsToStderr: boolean;
  /** Whether programs read it: events as JSON, and no words. */
  readonly json?: boolean | undefined;
}

/** Opens the output that suits where tg was called: a live board on a terminal, plain lines everywhere else. */
export async function openOutput({ quiet, wordsToStderr, json }: OutputOptions): Promise<Output> {
  const stream = wordsToStderr ? process.stderr : process.stdout;
  const sink = sinkOf(stream);
  const colour = wantsColour(stream.isTTY === true);
  const format = new LineFormat(colour);
  const text = new RunText(format, quiet);
  const words: Sink = {
    get gone() {
      return sink.gone;
    },
    write: (piece) => sink.write(typeof piece === 'string' ? withoutCommands(piece) : piece),
    ready: () => sink.ready(),
  };
  if (json)
    return {
      format,
      sink,
      reporter: (await import('./json/json.ts')).jsonReporter(sink),
      [Symbol.dispose]() {},
    };
  const reporter =
    isLive(stream) && !quiet
      ? (await import('./live/terminal.ts')).terminalReporter(stream, words, text, colour)
      : plainReporter(words, text);
  return { format, sink, reporter, [Symbol.dispose]: () => reporter[Symbol.dispose]() };
}

/** Whether a board can be drawn there: on a terminal that has a size, moves its cursor, and has somebody who looks. */
function isLive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.columns > 0 && process.env['TERM'] !== 'dumb' && !process.env['CI'];
}

/** NO_COLOR and FORCE_COLOR (https://no-color.org, https://force-color.org), else what the terminal can. */
export function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  return isTerminal && supportsColor !== false;
}
