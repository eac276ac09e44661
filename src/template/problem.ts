/** What is wrong with a template, and where in its text; `renderTemplate` makes an error with line and column of it. */
export class TemplateProblem extends Error {
  /** Undefined where whoever calls knows the place. */
  readonly offset: number | undefined;
  readonly hint: string | undefined;

  constructor(message: string, offset?: number, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}
