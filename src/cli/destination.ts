import type { Writable } from 'node:stream';
import { TgError } from '../errors.ts';

/**
 * Where `-o` sends an archive: a file, or, for `-`, stdout.
 * @throws TgError (usage) for an archive that would be poured onto a terminal.
 */
export function destinationOf(asked: string | undefined): string | Writable | undefined {
  if (asked !== '-') return asked;
  if (!process.stdout.isTTY) return process.stdout;
  throw new TgError('usage', 'stdout is a terminal, and the archive is no text', {
    where: '-o -',
    hint: 'Send it somewhere: -o - > outputs.tgz, or -o - | tar tzf -.',
  });
}
