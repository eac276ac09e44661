import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expecting } from './errors.ts';

/**
 * Makes a temporary folder; whoever asks for it removes it.
 * @param prefix of its name.
 * @throws TgError (environment) when it cannot be made.
 */
export async function makeTempFolder(prefix: string): Promise<string> {
  return await mkdtemp(join(tmpdir(), prefix)).catch(
    expecting(
      'environment',
      tmpdir(),
      'no temporary folder can be made',
      'Set TMPDIR to a folder that you may write.',
    ),
  );
}
