import { TgError } from '../util/errors.ts';
import { evaluate, type Rendered } from './evaluate.ts';
import { builtins, type TemplateFunction, unsupported } from './functions.ts';
import { parseTemplate } from './parser.ts';
import { positionIn } from './position.ts';
import { TemplateProblem } from './problem.ts';
import type { GoValue } from './values.ts';

export interface TemplateInput {
  /** The initial value of `.`. */
  readonly data: GoValue;
  /** Functions besides those of Go's text/template. */
  readonly functions: ReadonlyMap<string, TemplateFunction>;
}

/** The output of a template. */
export interface RenderedText {
  readonly text: string;
  /** Maps an offset in the output to its origin in the template; both in characters from the beginning. */
  sourceOf(offset: number): number;
}

/**
 * Executes a template in the language of Go's text/template.
 * @param file its name, for messages.
 * @throws TgError (usage) with file, line and column.
 */
export function renderTemplate(
  source: string,
  file: string,
  { data, functions }: TemplateInput,
): RenderedText {
  try {
    const known = new Set([...builtins.keys(), ...functions.keys()]);
    const rendered = evaluate(parseTemplate(source, known), data, functions);
    return { text: rendered.text, sourceOf: (offset) => originOf(rendered, offset) };
  } catch (error) {
    // JavaScript's own limit: thousands of nested parentheses or branches.
    if (error instanceof RangeError)
      throw new TgError('usage', 'the template is nested too deeply', {
        where: file,
        hint: 'Split it, or remove parentheses.',
      });
    if (!(error instanceof TemplateProblem)) throw error;
    const { line, column } = positionIn(source, error.offset ?? 0);
    const missing = unsupported.find((name) => error.message === `there is no function "${name}"`);
    const message = missing === undefined ? error.message : `the function ${missing} is not supported`;
    throw new TgError('usage', message, {
      where: `${file}:${line}:${column}`,
      hint: missing === undefined ? error.hint : undefined,
    });
  }
}

function originOf({ pieces }: Rendered, offset: number): number {
  const piece = pieces.findLast(({ to }) => to <= offset);
  if (piece === undefined) return 0;
  return piece.copied ? piece.from + offset - piece.to : piece.from;
}
