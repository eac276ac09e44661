import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { netPlan } from './netns.ts';
import type { Machine } from './tg.ts';

/**
 * Writes a composition for local:netns.
 * @param groups the IDs of its groups.
 * @param network its table `[network]`, as TOML.
 * @param code of the plan, with the helpers of `netPlan`.
 * @param count how many instances each group has.
 * @returns its file.
 */
export async function netComposition(
  machine: Machine,
  groups: readonly string[],
  network: string,
  { code = '', count = 1 } = {},
): Promise<string> {
  const file = join(machine.cwd, 'net.toml');
  const plan = JSON.stringify(await netPlan(code));
  const all = groups.map((id) => `[[groups]]\nid = "${id}"\ninstances = { count = ${count} }\n`);
  const head = `[global]\nplan = ${plan}\ncase = "t"\nrunner = "local:netns"\n`;
  await writeFile(file, [head, ...all, network].join('\n'));
  return file;
}
