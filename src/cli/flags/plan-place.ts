import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TgError } from '../../util/errors.ts';

/**
 * Where a plan of that name is, or would be, among the plans of a home.
 * @param where the flag that named it.
 * @throws TgError (usage) for a name that leads elsewhere: out of the home, or through a link into what was imported.
 */
export function placeOfPlan(plans: string, name: string, where: string): string {
  const parts = name.replace(/\/+$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
    throw new TgError('usage', `not the name of a plan: ${JSON.stringify(name)}`, {
      where,
      hint: 'A name, or several with slashes between.',
    });
  }
  for (let depth = 1; depth < parts.length; depth++) {
    const above = join(plans, ...parts.slice(0, depth));
    if (lstatSync(above, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new TgError('usage', `"${parts.slice(0, depth).join('/')}" is a link to ${readlinkSync(above)}`, {
        where,
        hint: 'What is behind it is yours: change it there, or remove the link as a whole.',
      });
    }
  }
  return join(plans, ...parts);
}
