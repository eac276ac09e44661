import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { isInside } from '../sources/inside.ts';

/** A path relative to the plan's folder in a build line: `$TG_PLAN_SOURCE/../shared`. */
const fromSource = /\$(?:TG_PLAN_SOURCE\b|\{TG_PLAN_SOURCE\})"?((?:\/[\w@%+,.-]+)*)/g;

/**
 * The paths that a build line reads outside of the copied folder: those in `inputs`, and those it names by
 * TG_PLAN_SOURCE. A folder that contains the plan is skipped with a warning.
 * @throws TgError (build) for a missing path in `inputs`.
 */
export function inputsBeside({ plan, spec, warn }: BuildRequest, root: string): string[] {
  const { build = '', inputs = '' } = spec.config;
  const named = pathsIn(inputs).map((path) => resolve(plan.dir, path));
  const missing = named.find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new TgError('build', 'an input of the build does not exist', {
      where: missing,
      hint: 'Correct `inputs`, in the builder’s section of the manifest: paths from the plan’s folder.',
    });
  }
  const read = [...build.matchAll(fromSource)].map(([, path = '']) => join(plan.dir, path));
  const beside = [...new Set([...named, ...read.filter((path) => !isInside(root, path))])];
  const above = beside.filter((path) => isInside(path, root));
  if (above.length > 0 && named.length === 0)
    warn(
      `\`build\` reads from ${above.join(', ')}, and a change there does not start a new build: list it with inputs = "../file ../folder"`,
    );
  return beside.filter((path) => !above.includes(path));
}

/** Parses paths separated by spaces, or a JSON list, the form of a TOML list. */
function pathsIn(inputs: string): string[] {
  if (!inputs.trim().startsWith('[')) return inputs.split(/\s+/).filter((path) => path !== '');
  try {
    const list: unknown = JSON.parse(inputs);
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [inputs];
  }
}
