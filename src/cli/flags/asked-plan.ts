import { existsSync } from 'node:fs';
import { manifestFile } from '../../plan/manifest/manifest-file.ts';
import { asTyped } from '../../util/command-name.ts';
import { TgError } from '../../util/errors.ts';

/**
 * The plan that a command line names: the argument, the flag, or the plan in the current folder.
 * @throws TgError (usage) if it names none, or two.
 */
export function askedPlan(argument: string | undefined, flag: string | undefined): string {
  if (argument !== undefined && flag !== undefined && argument !== flag)
    throw new TgError('usage', `two plans are named: "${argument}" and "${flag}"`, {
      where: '--plan',
      hint: 'Leave one of them out.',
    });
  const asked = argument ?? flag;
  if (asked !== undefined) return asked;
  if (existsSync(manifestFile)) return '.';
  throw new TgError('usage', 'no plan is named, and there is none in this folder', {
    where: '--plan',
    hint: `Name one: ${asTyped('run example')}. ${asTyped('plan list')} shows the plans.`,
  });
}
