import type { Writable } from 'node:stream';
import { refuseTerminal, standardStream } from '../standard-streams.ts';

/**
 * Where `-o` sends an archive: a file, or, for `-`, stdout.
 * @throws TgError (usage) for an archive that would go to a terminal.
 */
export function destinationOf(asked: string | undefined): string | Writable | undefined {
  if (asked !== standardStream) return asked;
  refuseTerminal('the archive', '-o -', 'Send it somewhere: -o - > outputs.tgz, or -o - | tar tzf -.');
  return process.stdout;
}
