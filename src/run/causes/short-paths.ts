import { ownTempFolders, tempParent } from '../../os/temp-folder.ts';
import type { InstanceId } from '../../plan/instance-id.ts';

/**
 * A line of a stack with paths relative to the plan, as its author knows them.
 * @param planDir the folder of the plan as built; undefined if it has none.
 */
export function shortPaths(line: string, planDir: string | undefined, instance: InstanceId): string {
  const inPlan =
    planDir === undefined ? line : line.replaceAll(`file://${planDir}/`, '').replaceAll(`${planDir}/`, '');
  return withoutWorkDir(inPlan, instance);
}

/** Leaves out the folder in which an instance ran, with its copies of the plan's files: it no longer exists. */
function withoutWorkDir(line: string, { group, index }: InstanceId): string {
  const before = ownTempFolders(tempParent());
  const after = `/${group}/${index}/work/`;
  const end = line.indexOf(after);
  const start = line.lastIndexOf(before, end);
  if (start === -1 || end === -1) return line;
  return line.slice(0, start).replace(/file:\/\/$/, '') + line.slice(end + after.length);
}
