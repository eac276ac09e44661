import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, lineAt } from '../../outputs/last-lines.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import { type EventLine, isStatusOfSdk, readEventLine } from '../../outputs/sdk-events.ts';
import { maxLineBytes } from '../../outputs/tail.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { truncate } from '../../util/truncate.ts';
import type { Cause, CauseExample, Causes } from './cause.ts';

/** How much of an instance's files is read, in bytes. An event may be as long as a line of which all is read. */
const maxBytes = { out: 256 * 1024, event: maxLineBytes, err: 16 * 1024 } as const;
/** How many lines are kept, and how many characters of each. */
const maxLines = { output: 5, stack: 30 } as const;
const maxCharacters = 300;

/** What an instance printed about its failure. */
type Evidence = Pick<CauseExample, 'stack' | 'last_lines'>;

/** Where the evidence is. */
interface Places {
  readonly runDir: string;
  /** The folder of a group's plan as built, which is left out of paths in stacks. */
  readonly planDirOf: (group: string) => string | undefined;
  /** Where the event of an instance's failure begins in its output, in bytes; undefined if it printed none. */
  readonly failureOffsetOf: (instance: InstanceId) => number | undefined;
  /** Hides secrets in a line: in another form than in the file, a line may contain one. */
  readonly mask: (line: string) => string;
}

/** Adds to each example what it printed before it failed, from its finished outputs. */
export function withEvidence(causes: Causes, places: Places): Causes {
  const evident = (cause: Cause): Cause => {
    const { example } = cause;
    if (example === null) return cause;
    const { stack: found, last_lines } = evidenceOf(example, places);
    // A stack that tg asked for at the timeout shows where all threads were, and not an error.
    const stack = cause.kind === 'timed-out' ? [] : found;
    const dir = places.planDirOf(example.group);
    const short = (line: string) =>
      dir === undefined ? line : line.replaceAll(`file://${dir}/`, '').replaceAll(`${dir}/`, '');
    return { ...cause, example: { ...example, stack: stack.map(short), last_lines } };
  };
  return { ...causes, causes: causes.causes.map(evident) };
}

function evidenceOf(instance: InstanceId, { runDir, failureOffsetOf, mask }: Places): Evidence {
  const { group, index } = instance;
  const placeOf = (name: string) => join(group, String(index), name);
  const { before, failure } = readOr({ before: [], failure: undefined }, () =>
    readUpToFailure(realpathSync(runDir), placeOf(instanceFiles.out), failureOffsetOf(instance)),
  );
  const errors = readOr([], () =>
    lastLines(realpathSync(runDir), placeOf(instanceFiles.err), { maxBytes: maxBytes.err }),
  );
  const short = (line: string) => truncate(mask(line).trimEnd(), maxCharacters);
  const event = failure?.event;
  const own = event?.type === 'crash' ? event.stacktrace.split('\n').filter((line) => line !== '') : [];
  return {
    stack:
      own.length > 0 ? own.slice(0, maxLines.stack).map(short) : errors.slice(-maxLines.stack).map(short),
    last_lines: before.flatMap(shownLine).slice(-maxLines.output).map(short),
  };
}

/** The lines before a failure, and its event. */
interface UpToFailure {
  readonly before: readonly string[];
  readonly failure: EventLine | undefined;
}

/** @param offset where the event begins, in bytes; undefined if it was not seen while the instance ran. */
function readUpToFailure(root: string, place: string, offset: number | undefined): UpToFailure {
  const before = lastLines(root, place, { maxBytes: maxBytes.out, end: offset });
  if (offset === undefined) return { before, failure: undefined };
  return { before, failure: readEventLine(lineAt(root, place, offset, maxBytes.event)) };
}

/** What is read from a file of a run; `otherwise` if it cannot be read. */
function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The text of a line that its plan printed; nothing for what only its SDK does. */
function shownLine(line: string): string[] {
  const read = readEventLine(line);
  if (read === undefined) return line.trim() === '' ? [] : [line];
  const { event } = read;
  return event.type === 'message' && !isStatusOfSdk(event) ? event.message.split('\n') : [];
}
