import { readFile } from 'node:fs/promises';
import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** Small files that ship with a plan can be read by a relative path. */
export async function artifact(runenv: RunEnv, _init: InitContext): Promise<void> {
  runenv.recordMessage((await readFile('artifact.txt', 'utf8')).trimEnd());
}
