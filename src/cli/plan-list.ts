import { TgError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { homeOf } from '../home.ts';
import { listPlans } from '../plan/manifest/find.ts';
import { readManifest } from '../plan/manifest/manifest.ts';

/** `tg plan list`: every test case of every plan, a line each; a plan that cannot be read is told, not hidden. */
export async function planList(): Promise<ExitCode> {
  const plans = await listPlans(homeOf(process.env));
  const width = Math.max(0, ...plans.map(({ name }) => name.length));
  for (const { name, dir } of plans) {
    try {
      const { testcases } = (await readManifest(dir)).data;
      for (const testCase of testcases) process.stdout.write(`${name.padEnd(width)} ${testCase.name}\n`);
    } catch (error) {
      if (!(error instanceof TgError)) throw error;
      process.stderr.write(`${name}: ${error.describe()}\n`);
    }
  }
  return exitCodes.success;
}
