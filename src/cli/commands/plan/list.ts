import { homeOf } from '../../../os/home.ts';
import { type FoundPlan, listPlans } from '../../../plan/manifest/find.ts';
import { readManifest } from '../../../plan/manifest/manifest.ts';
import { TgError } from '../../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { sanitizeTerminalLine } from '../../../util/sanitize-terminal.ts';
import { say, sayAside } from '../../output/say.ts';

/**
 * `tg plan list`: prints every plan, or every test case of every plan, one per line. Plans that cannot be read are
 * reported.
 */
export async function planList(what: 'names' | 'cases'): Promise<ExitCode> {
  const plans = await listPlans(homeOf(process.env));
  const text =
    what === 'names'
      ? plans.map(({ name }) => `${sanitizeTerminalLine(name)}\n`).join('')
      : await caseLines(plans, true);
  say(text);
  return exitCodes.success;
}

/** Formats `<plan> <test case>` for each test case. @param aligned whether to align the test cases in a column. */
export async function caseLines(plans: readonly FoundPlan[], aligned: boolean): Promise<string> {
  const width = aligned ? Math.max(0, ...plans.map(({ name }) => sanitizeTerminalLine(name).length)) : 0;
  const lines: string[] = [];
  for (const { name, dir } of plans) {
    try {
      const { testcases } = (await readManifest(dir)).data;
      for (const testCase of testcases)
        lines.push(`${sanitizeTerminalLine(name).padEnd(width)} ${sanitizeTerminalLine(testCase.name)}\n`);
    } catch (error) {
      if (!(error instanceof TgError)) throw error;
      sayAside(`${name}: ${error.describe()}\n`);
    }
  }
  return lines.join('');
}
