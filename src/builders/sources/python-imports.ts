/** A comment or a string literal. */
const commentOrText =
  /#[^\n]*|"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/g;

/** The beginning of a statement: at the start of a line, or after a colon or semicolon. */
const statement =
  /(?:^|[;:])[ \t]*(?:from[ \t]+tg_sdk(?:\.\w+)*[ \t]+import\b|import[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*){0,100}tg_sdk\b)/m;

const call = /\b(?:import_module|__import__)\s{0,80}\(\s{0,80}'tg_sdk'/;

/**
 * Whether a Python program imports the SDK of tg, by a statement or by importlib. Comments and strings do not
 * count.
 */
export function importsSdkInPython(text: string): boolean {
  const code = text
    .replaceAll(commentOrText, (found) =>
      /^["']tg_sdk["']$/.test(found) ? "'tg_sdk'" : found[0] === '#' ? '' : "''",
    )
    .replaceAll(/\\\r?\n/g, ' ');
  return statement.test(code) || call.test(code);
}
