import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { instanceFile, type Machine, single, tg } from './tg.ts';

/** The entries of a folder with their modification times: equal before and after if nothing was touched. */
export function snapshot(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${statSync(join(dir, name)).mtimeMs}`);
}

/** Runs a plan that must pass. @returns what its one instance printed, and the artifact's key. */
export async function prints(
  machine: Machine,
  plan: string,
  ...more: string[]
): Promise<{ text: string; key: string }> {
  const { code, stdout, all, runId } = await tg(machine, single(plan, ...more));
  if (code !== 0) throw new Error(all);
  const text = (await instanceFile(machine, runId, 0, 'run.out')).trim();
  return { text, key: /"artifact": "([^"]+)"/.exec(stdout)?.[1] ?? '' };
}
