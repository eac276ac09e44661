import { selectRunDir } from '../../history/select-runs.ts';
import { homeOf } from '../../os/home.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { destinationOf } from '../flags/destination.ts';
import { collectWatched } from '../output/collect-watch.ts';
import { wholeLog } from '../output/detail.ts';
import { leftOutLines } from '../output/left-out-lines.ts';
import { openOutput } from '../output/open-output.ts';
import { note } from '../output/warn.ts';
import { watchSignals } from '../signals.ts';

export interface CollectOptions {
  readonly output?: string;
  readonly deterministic?: boolean;
}

/** `tg collect <run id>`: packs the outputs of a run into an archive. */
export async function collect(run: string, options: CollectOptions): Promise<ExitCode> {
  const to = destinationOf(options.output);
  using interrupts = watchSignals();
  using output = await openOutput({ detail: wholeLog, messagesToStderr: to === process.stdout });
  const { reporter, format } = output;
  try {
    const { deterministic } = options;
    const runDir = await selectRunDir(homeOf(process.env), run, note);
    const request = { runDir, to, signal: interrupts.cancel, deterministic };
    const { file, leftOut } = await collectWatched(request, reporter);
    reporter.print(format.heading('Result'));
    for (const text of leftOutLines(leftOut)) reporter.print(format.log('WARN', text));
    reporter.print(format.log('INFO', `created file: ${file ?? 'on stdout'}`));
    return exitCodes.success;
  } catch (error) {
    const code = interrupts.exitCode();
    if (code === undefined || !(error instanceof TgError)) throw error;
    reporter.print(format.log('ERROR', error.describe()));
    return code;
  }
}
