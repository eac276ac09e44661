import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { linesOf, readStory, type Told } from '../history/events.ts';
import { followRun } from '../history/follow.ts';
import { instancesOf } from '../history/instances.ts';
import { homeOf } from '../home.ts';
import { openOutput } from './output/open.ts';
import { watchSignals } from './signals.ts';
import { recordOf } from './status.ts';

export interface LogsOptions {
  readonly task?: string;
  readonly follow?: boolean;
  readonly instance?: readonly string[];
}

/** `tg logs [run] [-f]`: what a run said, from its outputs; with `-f` also what it says until its end. */
export async function logs(asked: string | undefined, options: LogsOptions): Promise<ExitCode> {
  const record = await recordOf(homeOf(process.env), options.task ?? asked);
  const instances = instancesOf(record, options.instance ?? []);
  using interrupts = watchSignals();
  using output = await openOutput({ quiet: false, wordsToStderr: false });
  const { reporter, format, sink } = output;
  const tell = ({ at, level, text, fields }: Told) => reporter.print(format.log(level, text, fields, at));
  if (options.follow && record.state === 'processing') {
    await followRun(record.dir, instances, {
      onLine: (line) => reporter.onEvent(line),
      onTold: tell,
      pace: () => sink.ready(),
      signal: interrupts.cancel,
    });
    return interrupts.exitCode() ?? exitCodes.success;
  }
  const story = await readStory(record.dir);
  const told = [...story.told];
  for (const line of linesOf(record.dir, instances, story)) {
    while (told[0] !== undefined && told[0].at <= line.at) tell(told.shift() as Told);
    reporter.onEvent(line);
    await sink.ready();
    if (interrupts.cancel.aborted) break;
  }
  told.forEach(tell);
  return interrupts.exitCode() ?? exitCodes.success;
}
