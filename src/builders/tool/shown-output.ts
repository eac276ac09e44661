import { formatSize } from '../../values/size.ts';
import { ToolLines, ToolLog, ToolOutput } from './tool-output.ts';

/** The maximum number of characters shown of a tool's output. */
const shownCharacters = 16 * 1024;
/** An error within this number of first lines is visible without being moved to the top. */
const earlyLines = 20;

/** Patterns of the error lines of compilers, linkers and interpreters. */
const errors =
  /(?:^|[\s:])(?:fatal error|error)(?:\[\w+\])?:|^(?:E:|Traceback |panic:)|: undefined reference to |^\S+\.go:\d+:\d+: /i;

/** The output of a tool: a part to show and, if that is not all, a file with the complete output. */
export class ShownToolOutput implements Disposable {
  readonly #output = new ToolOutput();
  readonly #log: ToolLog;
  readonly #lines = { stdout: this.#reader(), stderr: this.#reader() };
  /** From the first error on; empty while there is none. */
  #error = '';
  #linesBefore = 0;

  /** @param log the file for the complete output of a failed tool, if it is long. */
  constructor(log: string | undefined) {
    this.#log = new ToolLog(log, shownCharacters);
  }

  add(chunk: Buffer, stream: 'stdout' | 'stderr'): void {
    this.#output.add(chunk);
    this.#log.add(chunk);
    this.#lines[stream].add(chunk);
  }

  #reader(): ToolLines {
    return new ToolLines((line) => {
      if (this.#error === '' && !errors.test(line)) this.#linesBefore++;
      else if (this.#error.length < shownCharacters / 2) this.#error += `${line}\n`;
    });
  }

  /** The text shown for a failed tool, with the first error first. Keeps the complete output. */
  ofFailure(): string {
    const text = this.#output.text.trim();
    const isLate = this.#error !== '' && this.#linesBefore > earlyLines;
    if (text.length <= shownCharacters) return isLate ? errorFirst(text) : text;
    const half = shownCharacters / 2;
    const kept = this.#log.keep();
    const cut = `… (${formatSize(this.#output.bytes)} in all${kept === undefined ? '' : `: ${kept}`})`;
    return `${(isLate ? this.#error.trim() : text).slice(0, half)}\n${cut}\n${text.slice(-half)}`;
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}

function errorFirst(text: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => errors.test(line));
  return [...lines.slice(at), '… (the output before that)', ...lines.slice(0, at)].join('\n');
}
