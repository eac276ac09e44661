import { ToolOutput } from '../tool/tool-output.ts';
import { nameIn, readCargoMessage } from './messages.ts';

/** Cargo's status lines: a verb right-aligned in twelve columns. */
const status = /^ {0,11}([A-Z][a-z]+) (.*)$/;
/** Verbs that do not indicate work in progress. */
const silent = new Set(['Finished', 'Fresh', 'Adding', 'Removing', 'Downgrading', 'Upgrading', 'Unchanged']);

/** The maximum number of characters shown of errors, and of other output. */
const shownCharacters = 8 * 1024;

/** Parses the output of `cargo build --message-format=json` line by line, for progress and errors. */
export class CargoOutput {
  readonly #progress: (doing: string) => void;
  /** The packages in progress, by name, as shown: `compiling serde v1.0.2`. */
  readonly #inWork = new Map<string, string>();
  readonly #rest = new ToolOutput();
  #errors = '';
  /** The number of errors not shown. */
  #more = 0;

  constructor(progress: (doing: string) => void) {
    this.#progress = progress;
  }

  add(line: string, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stdout') this.#addMessage(line);
    else this.#addText(line);
  }

  /** The failure: the compiler's errors, first one first, then Cargo's other output without warnings. */
  get failure(): string {
    const more = this.#more === 0 ? '' : `… and ${this.#more} more`;
    return [this.#errors.trim(), more, shortened(this.#rest.text.trim())].filter(Boolean).join('\n');
  }

  #addMessage(line: string): void {
    const message = readCargoMessage(line);
    if (message?.reason === 'compiler-message') {
      const { level, rendered } = message.message;
      // The last error of a crate only counts the others, which Cargo does too.
      if (level.startsWith('error') && rendered && !/^error: aborting due to/.test(rendered))
        this.#addError(rendered);
    }
    if (message?.reason !== 'compiler-artifact' || message.target.kind.includes('custom-build')) return;
    this.#inWork.delete(nameIn(message.package_id));
    const last = [...this.#inWork.values()].at(-1);
    if (last !== undefined) this.#progress(last);
  }

  #addError(rendered: string): void {
    if (this.#errors.length > shownCharacters) this.#more++;
    else this.#errors += `${rendered.trimEnd()}\n`;
  }

  #addText(line: string): void {
    const [, verb = '', rest = ''] = status.exec(line) ?? [];
    if (verb === '') {
      this.#rest.add(Buffer.from(`${line}\n`));
    } else if (!silent.has(verb)) {
      // Without the folder of a package, which follows in parentheses.
      const doing = `${verb.toLowerCase()} ${rest.replace(/ \(.*$/, '')}`;
      if (verb === 'Compiling') this.#inWork.set(rest.split(' ')[0] ?? '', doing);
      this.#progress(doing);
    }
  }
}

function shortened(text: string): string {
  if (text.length <= shownCharacters) return text;
  const half = shownCharacters / 2;
  return `${text.slice(0, half)}\n…\n${text.slice(-half)}`;
}

/** Advice for an output of Cargo or the compiler; names only flags that help. */
export function cargoAdvice(said: string): string | undefined {
  for (const [pattern, advice] of advices) {
    const found = pattern.exec(said);
    if (found !== null) return advice(found[1] ?? '');
  }
  return undefined;
}

/** Patterns of output, with the advice made from their groups. */
const advices: readonly (readonly [RegExp, (found: string) => string])[] = [
  [
    /requires the features?: (.*)$/m,
    (names) => {
      const flags = [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `--selector ${name}`);
      return `Enable the features that it needs: ${flags.join(' ')}.`;
    },
  ],
  [
    /requires rustc (?:version )?(\d[\w.-]*)/,
    (version) =>
      `It asks for Rust ${version} or newer: --build-cfg toolchain=${version} uses that one from rustup.`,
  ],
  [
    /feature `edition\d+` is required|lock file version `?\d+`? (?:was found|requires)/,
    () =>
      'It is written for a newer Rust: `rustup update`, or --build-cfg toolchain=NAME for a newer one from rustup.',
  ],
];
