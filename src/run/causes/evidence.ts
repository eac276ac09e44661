import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, linesFrom } from '../../outputs/last-lines.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import { type EventLine, isStatusOfSdk, readEventLine } from '../../outputs/sdk-events.ts';
import { maxLineBytes } from '../../outputs/tail.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { truncate } from '../../util/truncate.ts';
import type { Cause, CauseExample, Causes } from './cause.ts';
import { shortPaths } from './short-paths.ts';
import { type SourceFolder, sourceLineOf } from './source-line.ts';

/** How much of an instance's files is read, in bytes. An event may be as long as a line of which all is read. */
const maxBytes = { out: 256 * 1024, event: maxLineBytes, err: 16 * 1024 } as const;
/** How many lines are kept, and how many characters of each. */
const maxLines = { output: 5, stack: 30, context: 5 } as const;
const maxCharacters = 300;

/** What an instance printed about its failure. */
type Evidence = Pick<CauseExample, 'stack' | 'last_lines'>;

/** Where an instance printed its error, in bytes; undefined if it did not print that. */
interface Offsets {
  /** Where the event of its failure begins in its output. */
  readonly failureOffset: number | undefined;
  /** Where the line that names the error begins in stderr. */
  readonly errorOffset: number | undefined;
}

/** Where the evidence is. */
interface Places {
  readonly runDir: string;
  /** The folder of a group's plan as built, which is left out of paths in stacks. */
  readonly planDirOf: (group: string) => string | undefined;
  /** Where the plan was built from, and when. */
  readonly builtFrom: SourceFolder;
  readonly offsetsOf: (instance: InstanceId) => Offsets;
  /** Hides secrets in a line: in another form than in the file, a line may contain one. */
  readonly mask: (line: string) => string;
}

/** Adds to each example what it printed before it failed, from its finished outputs. */
export function withEvidence(causes: Causes, places: Places): Causes {
  const evident = (cause: Cause): Cause => {
    const { example } = cause;
    if (example === null) return cause;
    const { stack: printed, last_lines } = evidenceOf(example, places);
    // A stack that tg asked for at the timeout shows where all threads were, and not an error.
    const stack = cause.kind === 'timed-out' ? [] : printed;
    const dir = places.planDirOf(example.group);
    const short = stack.map((line) => shortPaths(line, dir, example));
    const found = sourceLineOf(short, [...(dir === undefined ? [] : [{ path: dir }]), places.builtFrom]);
    const source = found && { ...found, text: truncate(places.mask(found.text), maxCharacters) };
    return { ...cause, example: { ...example, stack: short, source, last_lines } };
  };
  return { ...causes, causes: causes.causes.map(evident) };
}

function evidenceOf(instance: InstanceId, { runDir, offsetsOf, mask }: Places): Evidence {
  const { group, index } = instance;
  const { failureOffset, errorOffset } = offsetsOf(instance);
  const placeOf = (name: string) => join(group, String(index), name);
  const { before, failure } = readOr({ before: [], failure: undefined }, () =>
    readUpToFailure(realpathSync(runDir), placeOf(instanceFiles.out), failureOffset),
  );
  const errors = readOr([], () => readErrors(realpathSync(runDir), placeOf(instanceFiles.err), errorOffset));
  const short = (line: string) => truncate(mask(line).trimEnd(), maxCharacters);
  const event = failure?.event;
  const own = event?.type === 'crash' ? event.stacktrace.split('\n').filter((line) => line !== '') : [];
  return {
    stack: (own.length > 0 ? own.slice(0, maxLines.stack) : errors).map(short),
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
  const [event = ''] = linesFrom(root, place, offset, maxBytes.event);
  return { before, failure: readEventLine(event) };
}

/**
 * The lines of stderr about an error.
 * @param offset where the line that names it begins; undefined if there is none.
 */
function readErrors(root: string, place: string, offset: number | undefined): readonly string[] {
  if (offset === undefined) return lastLines(root, place, { maxBytes: maxBytes.err }).slice(-maxLines.stack);
  const before = lastLines(root, place, { maxBytes: maxBytes.err, end: offset });
  const found = linesFrom(root, place, offset, maxBytes.err);
  const traceback = before.slice(before.findLastIndex((line) => line.startsWith('Traceback ')));
  // In Python, the error is the last line of its traceback.
  if (traceback[0]?.startsWith('Traceback ') && traceback.slice(1).every((line) => /^\s/.test(line)))
    return withinLimit([...traceback, ...found.slice(0, 1)]);
  const rest = found.slice(0, maxLines.stack - maxLines.context);
  return [...before.slice(rest.length - maxLines.stack), ...rest];
}

/** A long traceback, without its middle. */
function withinLimit(traceback: readonly string[]): readonly string[] {
  const [first = '', ...rest] = traceback;
  return [first, ...rest.slice(1 - maxLines.stack)];
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
