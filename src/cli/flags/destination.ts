import type { Writable } from 'node:stream';
import { refuseTerminal, standardStream } from '../standard-streams.ts';

/**
 * The destination of an archive given by `-o`: a file, or stdout for `-`.
 * @throws TgError (usage) if the archive would be written to a terminal.
 */
export function destinationOf(asked: string | undefined): string | Writable | undefined {
  if (asked !== standardStream) return asked;
  refuseTerminal('the archive', '-o -', 'Redirect or pipe it: -o - > outputs.tgz, or -o - | tar tzf -.');
  return process.stdout;
}
