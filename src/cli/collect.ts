import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { homeOf } from '../home.ts';
import { archiveName, collectRun } from './collect-run.ts';
import { openOutput } from './output/open.ts';
import { watchSignals } from './signals.ts';

export interface CollectOptions {
  readonly output?: string;
}

/** `tg collect <run id>`: packs the outputs of any run into an archive. */
export async function collect(runId: string, options: CollectOptions): Promise<ExitCode> {
  const destination = options.output ?? archiveName(runId);
  using interrupts = watchSignals();
  using output = await openOutput({ quiet: false, wordsToStderr: destination === '-' });
  const file = await collectRun(homeOf(process.env), runId, destination, process.stdout, interrupts.cancel);
  output.reporter.print(output.format.heading('Result'));
  output.reporter.print(output.format.log('INFO', `created file: ${file ?? 'on stdout'}`));
  return exitCodes.success;
}
