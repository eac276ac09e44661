import { readFile } from 'node:fs/promises';
import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** Reads a file that ships with the plan, by its relative path. */
export async function artifact(runenv: RunEnv, _init: InitContext): Promise<void> {
  runenv.recordMessage((await readFile('artifact.txt', 'utf8')).trimEnd());
}
