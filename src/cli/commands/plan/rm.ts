import { existsSync, lstatSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { homeOf } from '../../../os/home.ts';
import { removeTreeOrThrow } from '../../../os/remove-tree.ts';
import { listPlans } from '../../../plan/manifest/find.ts';
import { TgError } from '../../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { placeOfPlan } from '../../flags/plan-place.ts';
import { say } from '../../output/say.ts';

export interface PlanRmOptions {
  readonly plan: string;
  readonly yes?: boolean;
}

/** `tg plan rm`: removes a plan from the home; for an imported folder, removes only the link. */
export async function planRm({ plan, yes }: PlanRmOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const target = placeOfPlan(home.plans, plan, '--plan');
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there === undefined) {
    const known = (await listPlans(home)).map(({ name }) => name);
    const ships = known.includes(plan) && !existsSync(target);
    throw new TgError(
      'usage',
      ships ? `"${plan}" ships with tg and cannot be removed` : `no plan is called "${plan}"`,
      {
        where: home.plans,
        hint: `Plans: ${known.join(', ')}.`,
      },
    );
  }
  if (!yes) {
    say(`really delete ${target}? pass --yes flag to confirm.\n`);
    return exitCodes.success;
  }
  if (there.isSymbolicLink()) await unlink(target);
  else await removeTreeOrThrow(target);
  say(`plan at ${target} removed.\n`);
  return exitCodes.success;
}
