/**
 * A problem in a template and its position in the text; `renderTemplate` converts it to an error with line and column.
 */
export class TemplateProblem extends Error {
  /** Undefined if the caller knows the position. */
  readonly offset: number | undefined;
  readonly hint: string | undefined;

  constructor(message: string, offset?: number, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}
