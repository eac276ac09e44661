let own: 'tg' | 'testground' = 'tg';

/** Sets the name under which tg was invoked. */
export function setCommandName(name: 'tg' | 'testground'): void {
  own = name;
}

/** The name under which tg was invoked. */
export function commandName(): 'tg' | 'testground' {
  return own;
}

/**
 * A command line that invokes this tg from the user's shell. Uses npx if npm has started tg: npm adds a folder to PATH
 * that the shell does not have.
 * @param text the arguments: `prune`, `why latest`.
 */
export function asTyped(text: string): string {
  const isByNpm = ['exec', 'run-script', 'test', 'start'].includes(process.env['npm_command'] ?? '');
  return `${isByNpm ? 'npx ' : ''}${own} ${text}`;
}
