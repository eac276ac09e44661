import { supportsColor } from 'chalk';
import { commandName } from '../../util/command-name.ts';
import type { Detail, Shown } from './detail.ts';
import { isReadByGithub, withoutCommands } from './github/workflow-commands.ts';
import { LineFormat } from './lines.ts';
import { plainReporter } from './plain.ts';
import type { Reporter } from './reporter.ts';
import { RunText } from './run-text.ts';
import { type Sink, sinkOf } from './sink.ts';

/** Where and how a command prints its messages. */
export interface Output extends Disposable {
  readonly format: LineFormat;
  /** Text written to it directly is not changed. */
  readonly sink: Sink;
  readonly reporter: Reporter;
  /** Whether a person watches on a terminal, who needs no lines for scripts. */
  readonly live: boolean;
}

interface OutputOptions {
  readonly detail: Detail;
  /** Whether stdout carries an archive, so that all messages go to stderr. */
  readonly messagesToStderr: boolean;
  /** Whether to print events as JSON instead of messages. */
  readonly json?: boolean | undefined;
  /** Whether the lines of builds and runs are grouped for the log of GitHub Actions. */
  readonly grouped?: boolean;
}

/** Opens the output suited to the environment: a live board on a terminal, plain lines elsewhere. */
export async function openOutput({
  detail,
  messagesToStderr,
  json,
  grouped = false,
}: OutputOptions): Promise<Output> {
  const stream = messagesToStderr ? process.stderr : process.stdout;
  const sink = sinkOf(stream);
  const colour = wantsColour(stream.isTTY === true);
  const format = new LineFormat(colour);
  const live = !json && detail.progress && isLive(stream);
  // The name testground prints all lines that scripts know.
  const isShort = live && detail.causes;
  const text = new RunText(format, { detail, terminal: isShort ? await terminalOf(stream) : undefined });
  const isTestground = commandName() === 'testground';
  const look = { colour, spinner: !isTestground };
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
      live,
      reporter: (await import('./json/json.ts')).jsonReporter(sink),
      [Symbol.dispose]() {},
    };
  const isGrouped = grouped && !messagesToStderr && detail.progress && !isTestground && isReadByGithub();
  const reporter = live
    ? (await import('./live/live-reporter.ts')).terminalReporter(stream, words, text, look)
    : isGrouped
      ? (await import('./github/github-reporter.ts')).githubReporter(sink, words, text)
      : plainReporter(words, text);
  return { format, sink, reporter, live: isShort, [Symbol.dispose]: () => reporter[Symbol.dispose]() };
}

/** Cuts lines to the current width of a terminal. */
async function terminalOf(stream: NodeJS.WriteStream): Promise<Shown['terminal']> {
  // Loading it takes 20 ms, which only a terminal is worth.
  const { default: cliTruncate } = await import('cli-truncate');
  return { truncate: (line) => (stream.columns > 0 ? cliTruncate(line, stream.columns) : line) };
}

/** Whether a board can be drawn: on an interactive terminal that has a size and can move its cursor. */
function isLive(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.columns > 0 && process.env['TERM'] !== 'dumb' && !process.env['CI'];
}

/**
 * Whether to use colour: NO_COLOR and FORCE_COLOR (https://no-color.org, https://force-color.org), else the
 * terminal's capability.
 */
export function wantsColour(isTerminal: boolean, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  return isTerminal && supportsColor !== false;
}
