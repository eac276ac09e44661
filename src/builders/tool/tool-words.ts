import { formatSize } from '../../values/size.ts';
import { ToolLines, ToolLog, ToolWords } from './tool-output.ts';

/** So many characters of what a tool says are shown. */
const shownCharacters = 16 * 1024;
/** An error that comes so early, in lines, is seen without being put first. */
const earlyLines = 20;

/** How the line begins, or goes on, on which a compiler, linker or interpreter says what is wrong. */
const errors =
  /(?:^|[\s:])(?:fatal error|error)(?:\[\w+\])?:|^(?:E:|Traceback |panic:)|: undefined reference to |^\S+\.go:\d+:\d+: /i;

/** All that a tool says: some of it to be shown, and all of it in a file where that is too much to be shown. */
export class SaidByTool implements Disposable {
  readonly #words = new ToolWords();
  readonly #log: ToolLog;
  readonly #lines = { stdout: this.#reader(), stderr: this.#reader() };
  /** From the first error on; empty while there is none. */
  #error = '';
  #linesBefore = 0;

  /** @param log where all of it is kept if the tool fails and has said much. */
  constructor(log: string | undefined) {
    this.#log = new ToolLog(log, shownCharacters);
  }

  add(chunk: Buffer, stream: 'stdout' | 'stderr'): void {
    this.#words.add(chunk);
    this.#log.add(chunk);
    this.#lines[stream].add(chunk);
  }

  #reader(): ToolLines {
    return new ToolLines((line) => {
      if (this.#error === '' && !errors.test(line)) this.#linesBefore++;
      else if (this.#error.length < shownCharacters / 2) this.#error += `${line}\n`;
    });
  }

  /** What is shown of a tool that has failed: the first error first. All of it is kept then. */
  ofFailure(): string {
    const text = this.#words.text.trim();
    const isLate = this.#error !== '' && this.#linesBefore > earlyLines;
    if (text.length <= shownCharacters) return isLate ? errorFirst(text) : text;
    const half = shownCharacters / 2;
    const kept = this.#log.keep();
    const cut = `… (${formatSize(this.#words.bytes)} in all${kept === undefined ? '' : `: ${kept}`})`;
    return `${(isLate ? this.#error.trim() : text).slice(0, half)}\n${cut}\n${text.slice(-half)}`;
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]();
  }
}

function errorFirst(text: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => errors.test(line));
  return [...lines.slice(at), '… (and before that)', ...lines.slice(0, at)].join('\n');
}
