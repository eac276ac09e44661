let own: 'tg' | 'testground' = 'tg';

/** Remembers what tg was called as. */
export function setCommandName(name: 'tg' | 'testground'): void {
  own = name;
}

/** What tg was called as. */
export function commandName(): 'tg' | 'testground' {
  return own;
}

/**
 * A command of tg as a person types it to have this tg carry it out: by npx where npm has started it, which puts a folder on PATH that
 * their shell does not have.
 * @param words what follows the name: `prune`, `why latest`.
 */
export function asTyped(words: string): string {
  const isByNpm = ['exec', 'run-script', 'test', 'start'].includes(process.env['npm_command'] ?? '');
  return `${isByNpm ? 'npx ' : ''}${own} ${words}`;
}
