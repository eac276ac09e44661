/** A comment, or a text in any of Python's quotes. */
const commentOrText =
  /#[^\n]*|"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/g;

/** At the beginning of a statement: of a line, behind a colon or a semicolon. */
const statement =
  /(?:^|[;:])[ \t]*(?:from[ \t]+tg_sdk(?:\.\w+)*[ \t]+import\b|import[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*){0,100}tg_sdk\b)/m;

const call = /\b(?:import_module|__import__)\s{0,80}\(\s{0,80}'tg_sdk'/;

/** Whether a program in Python imports our SDK: in a statement, or by a call of importlib. What stands in comments and texts does not count. */
export function importsSdkInPython(text: string): boolean {
  const code = text
    .replaceAll(commentOrText, (found) =>
      /^["']tg_sdk["']$/.test(found) ? "'tg_sdk'" : found[0] === '#' ? '' : "''",
    )
    .replaceAll(/\\\r?\n/g, ' ');
  return statement.test(code) || call.test(code);
}
