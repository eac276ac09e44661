import { readFile } from 'node:fs/promises';
import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** The small files that a plan ships are found by a relative path. */
export async function artifact(runenv: RunEnv, _init: InitContext): Promise<void> {
  runenv.recordMessage((await readFile('artifact.txt', 'utf8')).trimEnd());
}
