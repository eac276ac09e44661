import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  readSync,
  renameSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { removeAbandonedPartials } from '../os/atomic-write.ts';
import { instanceDirsOf, instanceFiles, runFiles } from './layout.ts';
import { BytesDigest, type LineDigest, TimelessDigest } from './line-digest.ts';
import { maskFromOutput, maskInstance, secretNamesOf } from './mask-outputs.ts';
import { allowOwner, contentOf, openRegular, setAside, unshare, whatIsAt } from './untrusted-file.ts';

/**
 * Merges an instance's captured output and the files that its SDK wrote into one run.out and one run.err: complete,
 * without duplicate lines. SDKs print what they write, so the captured stream normally contains everything.
 * @returns descriptions of anomalies.
 */
export async function finalizeInstance(dir: string): Promise<string[]> {
  const out = await finalizeFile(join(dir, instanceFiles.capturedOut), join(dir, instanceFiles.out));
  const err = await finalizeFile(join(dir, instanceFiles.capturedErr), join(dir, instanceFiles.err));
  return [out, err].filter((oddity) => oddity !== undefined);
}

/** Finalizes every instance of an interrupted run. An instance that cannot be finalized is packed as it is. */
export async function finalizeRun(runDir: string): Promise<void> {
  const names = secretNamesOf(runDir);
  // Removes temporary files of a killed tg.
  for (const name of Object.values(runFiles)) await removeAbandonedPartials(join(runDir, name));
  for (const dir of await instanceDirsOf(runDir)) {
    const mask = await maskFromOutput(dir, names.get(basename(dirname(dir))) ?? []);
    await finalizeInstance(dir).catch(() => {});
    if (!mask.isEmpty) await maskInstance(dir, mask).catch(() => {});
  }
}

async function finalizeFile(captured: string, own: string): Promise<string | undefined> {
  const oddities = [captured, own].flatMap((path) => setAsideOther(path) ?? []);
  const oddity = oddities.length === 0 ? undefined : oddities.join('; ');
  const written = whatIsAt(own) !== undefined;
  if (whatIsAt(captured) === undefined) {
    if (!written) closeSync(openRegular(own, newFile));
    return oddity;
  }
  if (written) {
    for (const path of [captured, own]) allowOwner(path);
    const missing = await linesMissing(own, captured);
    if (missing.length > 0) await appendSpans(own, missing, captured);
  }
  renameSync(captured, own);
  return oddity;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** Renames anything that is not a regular file, such as a folder or a link. */
function setAsideOther(path: string): string | undefined {
  const there = whatIsAt(path);
  if (there === undefined || there.isFile()) return undefined;
  return `the plan created ${basename(path)} as something other than a file; moved to ${setAside(path)}`;
}

interface Span {
  readonly start: number;
  /** Exclusive; without the line terminator. */
  readonly end: number;
}

/**
 * The lines of `own` that `captured` lacks. Takes no memory if `captured` contains `own` in order. Otherwise events
 * that differ only in their time count as equal: sdk-js takes a new timestamp for each destination.
 */
async function linesMissing(own: string, captured: string): Promise<Span[]> {
  if ((await containsInOrder(captured, own, bytes)) || (await containsInOrder(captured, own, timeless)))
    return [];
  const counts = new Map<string, number>();
  for await (const { digest } of digestedLines(captured, timeless))
    counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const missing: Span[] = [];
  for await (const { digest, span } of digestedLines(own, timeless)) {
    const left = counts.get(digest) ?? 0;
    if (left > 0) counts.set(digest, left - 1);
    else missing.push(span);
  }
  return missing;
}

type Digesting = () => LineDigest;
const bytes: Digesting = () => new BytesDigest();
const timeless: Digesting = () => new TimelessDigest();

async function containsInOrder(whole: string, part: string, digesting: Digesting): Promise<boolean> {
  const there = digestedLines(whole, digesting);
  try {
    for await (const { digest } of digestedLines(part, digesting)) {
      let found = false;
      while (!found) {
        const next = await there.next();
        if (next.done) return false;
        found = next.value.digest === digest;
      }
    }
    return true;
  } finally {
    await there.return(undefined);
  }
}

/** Yields a digest of every line of a file, so that the length of a line does not matter. */
async function* digestedLines(
  path: string,
  digesting: Digesting,
): AsyncGenerator<{ digest: string; span: Span }> {
  let line = digesting();
  let start = 0;
  let position = 0;
  for await (const data of contentOf(path)) {
    const chunk = data as Buffer;
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      line.add(chunk.subarray(from, end));
      yield { digest: line.digest(), span: { start, end: position + end } };
      line = digesting();
      from = end + 1;
      start = position + from;
    }
    line.add(chunk.subarray(from));
    position += chunk.length;
  }
  if (position > start) yield { digest: line.digest(), span: { start, end: position } };
}

async function appendSpans(source: string, spans: readonly Span[], target: string): Promise<void> {
  await unshare(target);
  const torn = endsInMidLine(target);
  const from = openRegular(source);
  try {
    await pipeline(
      async function* () {
        if (torn) yield Buffer.from('\n');
        for (const { start, end } of spans) {
          if (end > start) yield* createReadStream('', { fd: from, start, end: end - 1, autoClose: false });
          yield Buffer.from('\n');
        }
      },
      createWriteStream('', { fd: openRegular(target, constants.O_WRONLY | constants.O_APPEND) }),
    );
  } finally {
    closeSync(from);
  }
}

function endsInMidLine(path: string): boolean {
  const fd = openRegular(path);
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
  } finally {
    closeSync(fd);
  }
}
