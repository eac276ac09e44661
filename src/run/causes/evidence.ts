import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../../outputs/last-lines.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import { type EventLine, isStatusOfSdk, readEventLine } from '../../outputs/sdk-events.ts';
import { truncate } from '../../util/truncate.ts';
import type { Cause, CauseExample, Causes } from './cause.ts';

/** How much of an instance's files is read, in bytes. */
const maxBytes = { out: 256 * 1024, err: 16 * 1024 } as const;
/** How many lines are kept, and how many characters of each. */
const maxLines = { output: 5, stack: 30 } as const;
const maxCharacters = 300;

/** What an instance printed about its failure. */
type Evidence = Pick<CauseExample, 'stack' | 'last_lines'>;

/**
 * Adds to each example what it printed before it failed, from its finished outputs.
 * @param planDirOf the folder of a group's plan as built, which is left out of paths in stacks.
 * @param mask hides secrets in a line: in another form than in the file, a line may contain one.
 */
export function withEvidence(
  causes: Causes,
  runDir: string,
  planDirOf: (group: string) => string | undefined,
  mask: (line: string) => string,
): Causes {
  const evident = (cause: Cause): Cause => {
    const { example } = cause;
    if (example === null) return cause;
    const { stack: found, last_lines } = evidenceOf(runDir, example, mask);
    // A stack that tg asked for at the timeout shows where all threads were, and not an error.
    const stack = cause.kind === 'timed-out' ? [] : found;
    const dir = planDirOf(example.group);
    const short = (line: string) =>
      dir === undefined ? line : line.replaceAll(`file://${dir}/`, '').replaceAll(`${dir}/`, '');
    return { ...cause, example: { ...example, stack: stack.map(short), last_lines } };
  };
  return { ...causes, causes: causes.causes.map(evident) };
}

function evidenceOf(
  runDir: string,
  { group, index }: CauseExample,
  mask: (line: string) => string,
): Evidence {
  const linesIn = (name: string, bytes: number) =>
    readableLines(runDir, join(group, String(index), name), bytes);
  const out = linesIn(instanceFiles.out, maxBytes.out);
  const errors = linesIn(instanceFiles.err, maxBytes.err);
  const short = (line: string) => truncate(mask(line).trimEnd(), maxCharacters);
  const events = out.map(readEventLine);
  const failed = events.findIndex(isFailure);
  const before = failed === -1 ? out.length : failed;
  const said = out.slice(0, before).flatMap((line, at) => shownLine(line, events[at]));
  const event = events[failed]?.event;
  const own = event?.type === 'crash' ? event.stacktrace.split('\n').filter((line) => line !== '') : [];
  return {
    stack:
      own.length > 0 ? own.slice(0, maxLines.stack).map(short) : errors.slice(-maxLines.stack).map(short),
    last_lines: said.slice(-maxLines.output).map(short),
  };
}

/** The last lines of a file of a run; none if it cannot be read. */
function readableLines(runDir: string, place: string, bytes: number): string[] {
  try {
    return lastLines(realpathSync(runDir), place, bytes);
  } catch {
    return [];
  }
}

function isFailure(line: EventLine | undefined): boolean {
  return line?.event.type === 'failure' || line?.event.type === 'crash';
}

/** The text of a line that its plan printed; nothing for what only its SDK does. */
function shownLine(line: string, read: EventLine | undefined): string[] {
  if (read === undefined) return line.trim() === '' ? [] : [line];
  const { event } = read;
  return event.type === 'message' && !isStatusOfSdk(event) ? event.message.split('\n') : [];
}
