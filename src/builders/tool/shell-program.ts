/** Words that begin a command of the shell itself. */
const ofShell = new Set(
  [
    '.',
    ':',
    '[',
    '{',
    '!',
    'alias',
    'cd',
    'command',
    'echo',
    'env',
    'eval',
    'exec',
    'exit',
    'export',
    'false',
    'for',
  ].concat([
    'if',
    'case',
    'printf',
    'pwd',
    'read',
    'set',
    'sh',
    'source',
    'test',
    'trap',
    'true',
    'umask',
    'unset',
    'until',
    'wait',
    'while',
  ]),
);

const assignments = /^(?:\w+=(?:[^\s"'`$\\]*|"[^"]*"|'[^']*')\s+)*/;

/** The first program that a line starts; undefined if only a shell can determine it. */
export function programOf(line: string): string | undefined {
  const [before = ''] = assignments.exec(line) ?? [];
  if (/\bPATH=/.test(before)) return undefined;
  const [word = ''] = line.slice(before.length).split(/\s/);
  return /^[\w@.+-]+$/.test(word) && !ofShell.has(word) ? word : undefined;
}
