import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { endLeftovers, processesWhere } from '../../os/leftovers.ts';
import { removeTree } from '../../os/remove-tree.ts';
import { isTempFolderFor, tempParent } from '../../os/temp-folder.ts';

/** @see Runner.leftovers */
export async function leftoversOfRuns(runIds: ReadonlySet<string>): Promise<string | undefined> {
  if (runIds.size === 0) return undefined;
  const found = await processesWhere((variables) =>
    variables.some((variable) => variable.startsWith(prefix) && runIds.has(variable.slice(prefix.length))),
  );
  return countText(found.length);
}

const prefix = 'TEST_RUN=';

/** @see Runner.endLeftovers */
export async function endLeftoversOfRun(runId: string): Promise<string | undefined> {
  const ended = await endLeftovers(`${prefix}${runId}`);
  const parent = tempParent();
  const names = (await readdir(parent).catch(() => [])).filter((name) => isTempFolderFor(runId, name));
  for (const name of names) await removeTree(join(parent, name));
  return countText(ended);
}

/** `2 processes`; undefined for none. */
export function countText(count: number): string | undefined {
  return count === 0 ? undefined : `${count} process${count === 1 ? '' : 'es'}`;
}
