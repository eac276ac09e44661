import {
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { instanceDirsOf, instanceFiles, runFiles } from './layout.ts';
import { BytesDigest, type LineDigest, TimelessDigest } from './line-digest.ts';
import { maskFromOutput, maskInstance, secretNamesOf } from './secrets.ts';

/**
 * Makes the one run.out and the one run.err of an instance out of what was captured and what its SDK wrote itself:
 * complete, no line twice. SDKs print what they write, so that the captured stream normally holds it all.
 * @returns what was odd about them, in words.
 */
export async function settleInstance(dir: string): Promise<string[]> {
  const out = await settle(join(dir, instanceFiles.capturedOut), join(dir, instanceFiles.out));
  const err = await settle(join(dir, instanceFiles.capturedErr), join(dir, instanceFiles.err));
  return [out, err].filter((oddity) => oddity !== undefined);
}

/** Settles every instance of a run that was interrupted before it could; one that cannot be is packed as it is. */
export async function settleRun(runDir: string): Promise<void> {
  const names = secretNamesOf(runDir);
  // What a tg that was killed has left half-written.
  await rm(join(runDir, `.${runFiles.metrics}.unfinished`), { force: true });
  for (const dir of await instanceDirsOf(runDir)) {
    const mask = await maskFromOutput(dir, names.get(basename(dirname(dir))) ?? []);
    await settleInstance(dir).catch(() => {});
    if (!mask.isEmpty) await maskInstance(dir, mask).catch(() => {});
  }
}

/** What is short is done at once: to hand it to another thread takes longer, a thousand times in a large run. */
async function settle(captured: string, own: string): Promise<string | undefined> {
  const oddity = setAside(own);
  const written = existsSync(own);
  if (!existsSync(captured)) {
    if (!written) writeFileSync(own, '');
    return oddity;
  }
  if (written) {
    const missing = await linesMissing(own, captured);
    if (missing.length > 0) await appendSpans(own, missing, captured);
  }
  renameSync(captured, own);
  return oddity;
}

/** What stands at run.out and is no file, a folder or a link for instance, is kept under another name. */
function setAside(own: string): string | undefined {
  const kind = lstatSync(own, { throwIfNoEntry: false });
  if (kind === undefined || kind.isFile()) return undefined;
  let aside = `${own}.plan`;
  for (let more = 1; existsSync(aside); more++) aside = `${own}.plan.${more}`;
  renameSync(own, aside);
  return `the plan had made ${basename(own)} something else than a file; that is now ${basename(aside)}`;
}

interface Span {
  readonly start: number;
  /** Exclusive; without the line's end. */
  readonly end: number;
}

/**
 * The lines of `own` that `captured` lacks. Costs no memory where the one is contained in the other in order. Otherwise
 * events that differ in their time only are the same: sdk-js takes the time anew for each place that it writes to.
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

/** Every line of a file by a digest, so that a line's length does not matter. */
async function* digestedLines(
  path: string,
  digesting: Digesting,
): AsyncGenerator<{ digest: string; span: Span }> {
  let line = digesting();
  let start = 0;
  let position = 0;
  for await (const data of createReadStream(path)) {
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
  const torn = await endsInMidLine(target);
  await pipeline(
    async function* () {
      if (torn) yield Buffer.from('\n');
      for (const { start, end } of spans) {
        if (end > start) yield* createReadStream(source, { start, end: end - 1 });
        yield Buffer.from('\n');
      }
    },
    createWriteStream(target, { flags: 'a' }),
  );
}

async function endsInMidLine(path: string): Promise<boolean> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 0x0a;
}
