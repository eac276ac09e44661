import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { homeOf } from '../../os/home.ts';
import { runSpecSchema } from '../../plan/run-spec-schema.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { carryOut } from '../carry-out.ts';
import { logOf } from '../detach.ts';
import type { RunFlags } from '../flags/run-flags.ts';

const requestSchema = z.object({ specs: z.array(runSpecSchema), flags: z.record(z.string(), z.unknown()) });

/** What the tg behind `--detach` does: reads what it is to carry out from stdin. */
export async function carryOutDetached(): Promise<ExitCode> {
  const { specs, flags } = requestSchema.parse(JSON.parse(await text(process.stdin)));
  const home = homeOf(process.env);
  // The tg that wrote them had parsed them.
  const { code } = await carryOut(specs, flags as RunFlags, home);
  // What it said is in the outputs of its runs; what went wrong beside them stays here.
  const [first] = specs;
  const untold = code === exitCodes.collectFailed || code === exitCodes.environment;
  if (first !== undefined && !untold) rmSync(logOf(home, first.runId), { force: true });
  return code;
}
