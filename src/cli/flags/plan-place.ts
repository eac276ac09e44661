import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TgError } from '../../util/errors.ts';

/**
 * The folder of a plan of this name in a home, whether it exists or not.
 * @param where the flag that named it.
 * @throws TgError (usage) for a name that leads out of the home, or through a link into an imported folder.
 */
export function placeOfPlan(plans: string, name: string, where: string): string {
  const parts = name.replace(/\/+$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
    throw new TgError('usage', `not a plan name: ${JSON.stringify(name)}`, {
      where,
      hint: 'Write a name, or several separated by slashes.',
    });
  }
  for (let depth = 1; depth < parts.length; depth++) {
    const above = join(plans, ...parts.slice(0, depth));
    if (lstatSync(above, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new TgError('usage', `"${parts.slice(0, depth).join('/')}" is a link to ${readlinkSync(above)}`, {
        where,
        hint: 'Change the linked folder itself, or remove the whole link.',
      });
    }
  }
  return join(plans, ...parts);
}
