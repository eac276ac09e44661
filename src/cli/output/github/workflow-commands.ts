/*
 * GitHub Actions parses workflow commands in the stdout and stderr of a step: a line that begins with `::`, also
 * after spaces, and an older form, `##[`, anywhere. Plans print arbitrary text, which must not mask words, raise
 * annotations or stop commands.
 */

/** Whether GitHub Actions parses the output. */
export function isReadByGithub(): boolean {
  return process.env['GITHUB_ACTIONS'] === 'true';
}

/** Escapes the first character of each workflow command in a text. */
export function withoutCommands(text: string): string {
  if (!isReadByGithub()) return text;
  return text.replaceAll(/^(\s*):(?=:)/gm, '$1\\x3a').replaceAll('##[', '\\x23#[');
}

/** Escapes workflow commands in JSON without changing its value. */
export function jsonWithoutCommands(json: string): string {
  return isReadByGithub() ? json.replaceAll('##[', '\\u0023#[') : json;
}
