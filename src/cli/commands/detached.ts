import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { homeOf } from '../../os/home.ts';
import { parseWithRunSpecs, runSpecSchema } from '../../plan/run-spec-schema.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { logOf } from '../detach.ts';
import { executeAndReport } from '../execute.ts';
import type { RunFlags } from '../flags/run-flags.ts';

const requestSchema = z.object({ specs: z.array(runSpecSchema), flags: z.record(z.string(), z.unknown()) });

/** The entry point of the process behind `--detach`: reads the runs to carry out from stdin. */
export async function carryOutDetached(): Promise<ExitCode> {
  const { specs, flags } = requestSchema.parse(parseWithRunSpecs(await text(process.stdin)));
  const home = homeOf(process.env);
  // The parent process has validated the flags.
  const { code } = await executeAndReport(specs, flags as RunFlags, home);
  // The outputs of the runs have their messages; this log keeps errors outside of them.
  const [first] = specs;
  const unreported = code === exitCodes.collectFailed || code === exitCodes.environment;
  if (first !== undefined && !unreported) rmSync(logOf(home, first.runId), { force: true });
  return code;
}
