import { Chalk, type ChalkInstance } from 'chalk';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { type CauseLine, indentedText } from '../../run/causes/cause-text.ts';
import type { LineClass } from '../../run/events/line-class.ts';
import type { Outcome } from '../../run/verdict/outcomes.ts';
import { sanitizeTerminal, sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';

/** The maximum number of characters shown of one line; the file has all of it. */
const shownCharacters = 64 * 1024;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Formats a time as `Mar 20 17:16:12.032521`, in local time. */
export function timestamp(msSinceEpoch: number): string {
  const second = Math.floor(msSinceEpoch / 1_000);
  if (second !== last.second) last = { second, text: secondText(new Date(second * 1_000)) };
  const micros = String(Math.floor((msSinceEpoch % 1_000) * 1_000)).padStart(6, '0');
  return `${last.text}.${micros}`;
}

/** Caches the text of the last second, which thousands of lines share. */
let last = { second: Number.NaN, text: '' };

function secondText(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${months[at.getMonth()]} ${two(at.getDate())} ${time}`;
}

/** Formats lines as testground does, in colour if requested. */
export class LineFormat {
  readonly #chalk: ChalkInstance;
  readonly #classes: Readonly<Record<LineClass, (text: string) => string>>;
  readonly #now: () => number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(colour: boolean, now: () => number = () => performance.timeOrigin + performance.now()) {
    const chalk = new Chalk(colour ? { level: 1 } : { level: 0 });
    this.#chalk = chalk;
    this.#now = now;
    this.#classes = {
      START: chalk.bgCyan.black,
      OK: chalk.bgGreen.black,
      FAIL: chalk.bgRed.white,
      CRASH: chalk.bgRedBright.black,
      INCOMPLETE: chalk.bgRedBright.black,
      MESSAGE: chalk.bgWhite.black,
      METRIC: chalk.bgBlue.white,
      OTHER: chalk.bgMagenta.white,
      ERROR: chalk.bgRed.white,
    };
  }

  /**
   * Formats `Mar 20 17:16:12.032521 INFO text {fields}`, separated by tabs as testground's logger does.
   * @param at the time in ms since the epoch; default: now.
   */
  log(level: 'INFO' | 'WARN' | 'ERROR', text: string, fields?: object, at = this.#now()): string {
    return this.#log(level, sanitizeTerminal(text), fields, at);
  }

  /**
   * The time to print. Instances and tg read different clocks; printed times never go backwards or beyond now.
   * Files keep the original times.
   */
  #printed(at: number): number {
    this.#last = Math.max(this.#last, Math.min(at, this.#now()));
    return this.#last;
  }

  /** @param text may contain colours. */
  #log(level: 'INFO' | 'WARN' | 'ERROR', text: string, fields?: object, at = this.#now()): string {
    const paint = { INFO: this.#chalk.blue, WARN: this.#chalk.yellow, ERROR: this.#chalk.red }[level];
    const details =
      fields === undefined
        ? ''
        : `\t${this.#chalk.dim(sanitizeTerminal(JSON.stringify(fields)).replaceAll('":', '": ').replaceAll(',"', ', "'))}`;
    return `${this.#chalk.dim(timestamp(this.#printed(at)))}\t${paint(level)}\t${text}${details}\n`;
  }

  /**
   * Formats `12.3456s    MESSAGE << single[003] >> text` as the text of an INFO line.
   * @param at the time of the line in ms since the epoch.
   */
  instance(instance: InstanceId, elapsedMs: number, lineClass: LineClass, text: string, at?: number): string {
    const padding = ' '.repeat(Math.max(0, 10 - lineClass.length));
    const elapsed = `${(elapsedMs / 1_000).toFixed(4)}s`;
    const tag = this.#paintTag(instance, `<< ${sanitizeTerminalLine(instanceTag(instance))} >>`);
    const message = `${elapsed} ${padding}${this.#classes[lineClass](lineClass)} ${tag} ${shown(text)}`;
    return this.#log('INFO', message, undefined, at);
  }

  /**
   * Formats a line about why a run did not pass.
   * @param truncate cuts a line to the width of a terminal, whose lines have no time; undefined elsewhere.
   */
  cause(cause: CauseLine, truncate: ((line: string) => string) | undefined): string {
    const line = indentedText({ ...cause, text: sanitizeTerminalLine(cause.text) });
    const safe = truncate === undefined ? line : truncate(line);
    const painted = {
      title: this.#chalk.red.bold(safe),
      note: this.#chalk.yellow(safe),
      detail: safe,
      quote: this.#chalk.dim(safe),
    }[cause.kind];
    return truncate === undefined ? this.#log('WARN', painted) : `${painted}\n`;
  }

  /** Formats the outcome of a run for a terminal. */
  outcome(outcome: Outcome, text: string): string {
    const paint = outcome === 'success' ? this.#chalk.green : this.#chalk.red;
    return `${paint.bold(sanitizeTerminalLine(text))}\n`;
  }

  /** Formats commands to type next. */
  hints(commands: readonly string[]): string {
    return commands.map((command) => `  ${this.#chalk.cyan(sanitizeTerminalLine(command))}\n`).join('');
  }

  /** Formats a heading: `>>> Result:` between empty lines. */
  heading(text: string): string {
    return `\n${this.#chalk.bold(`>>> ${sanitizeTerminalLine(text)}:`)}\n\n`;
  }

  #paintTag({ index }: InstanceId, tag: string): string {
    const colours = [
      this.#chalk.cyan,
      this.#chalk.green,
      this.#chalk.yellow,
      this.#chalk.magenta,
      this.#chalk.blue,
    ];
    return (colours[index % colours.length] ?? this.#chalk.white)(tag);
  }
}

/** Makes a text safe to print: truncated, without terminal control characters, continuation lines indented. */
function shown(text: string): string {
  const short =
    text.length <= shownCharacters
      ? text
      : `${text.slice(0, shownCharacters)}… (cut here: the file has the whole line)`;
  return sanitizeTerminal(short).replaceAll('\n', '\n    ');
}
