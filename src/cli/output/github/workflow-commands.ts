/*
 * GitHub reads commands out of what a step prints on stdout and stderr: a line that begins with `::`, after spaces too, and an older form,
 * `##[`, anywhere. Plans print what they like; no text of theirs is to mask words, raise annotations or stop commands.
 */

/** Whether GitHub reads what is printed. */
function isRead(): boolean {
  return process.env['GITHUB_ACTIONS'] === 'true';
}

/** Words in which GitHub finds no command: the first character of one is spelled out. */
export function withoutCommands(text: string): string {
  if (!isRead()) return text;
  return text.replaceAll(/^(\s*):(?=:)/gm, '$1\\x3a').replaceAll('##[', '\\x23#[');
}

/** The same for JSON, which stays what it is. */
export function jsonWithoutCommands(json: string): string {
  return isRead() ? json.replaceAll('##[', '\\u0023#[') : json;
}
