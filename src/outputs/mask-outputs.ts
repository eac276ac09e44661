import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { messageOf } from '../util/errors.ts';
import { attachedFiles } from './attachments/attached-files.ts';
import { readFirstRecord } from './journal.ts';
import { instanceFiles } from './layout.ts';
import { Mask } from './mask.ts';
import { readEventLine, type SdkEvent } from './sdk-events.ts';
import { openRegular } from './untrusted-file.ts';

const record = z.object({
  spec: z.object({ groups: z.array(z.object({ id: z.string(), secrets: z.array(z.string()).default([]) })) }),
});

/** The names of the secret parameters of a run's groups, by group ID, from its journal. Values are not stored. */
export function secretNamesOf(runDir: string): ReadonlyMap<string, readonly string[]> {
  const { data } = record.safeParse(readFirstRecord(runDir));
  const groups = data?.spec.groups ?? [];
  return new Map(groups.flatMap(({ id, secrets }) => (secrets.length === 0 ? [] : [[id, secrets] as const])));
}

/** The files of an instance that tg and SDKs write. Of those that a plan writes itself, attachments are masked. */
const maskedFiles = [
  instanceFiles.err,
  instanceFiles.metrics,
  instanceFiles.results,
  instanceFiles.diagnostics,
  instanceFiles.attachments,
  // Last: a process that resumes the masking learns the values from this file.
  instanceFiles.out,
] as const;

/**
 * Masks secrets in the captured output of an instance and in the files of its SDK.
 * @throws Error with all files that cannot be masked, after the others are done.
 */
export async function maskInstance(dir: string, mask: Mask): Promise<void> {
  const problems: string[] = [];
  const attached = mask.isEmpty ? [] : attachedFiles(dir).map(({ name }) => name);
  for (const name of [...attached, ...maskedFiles])
    await mask
      .file(join(dir, name))
      .catch((error: unknown) => problems.push(`${name} cannot be masked: ${messageOf(error)}`));
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/** How many bytes of an instance's output are searched for its start event. */
const headBytes = 256 * 1024;

/**
 * A mask for the output of an instance whose tg is gone, or is another process: values are not recorded, but an SDK's
 * start event contains them.
 * @param names the names of its secret parameters.
 */
export async function maskFromOutput(dir: string, names: readonly string[]): Promise<Mask> {
  const values: string[] = [];
  if (names.length === 0) return new Mask(values);
  for (const name of [instanceFiles.capturedOut, instanceFiles.out]) {
    for (const line of headOf(join(dir, name)).split('\n')) {
      values.push(...secretsInStart(readEventLine(line)?.event, names));
    }
  }
  return new Mask(values);
}

/** The values of parameters in an SDK's start event; empty for any other event. */
export function secretsInStart(event: SdkEvent | undefined, names: readonly string[]): string[] {
  if (event?.type !== 'start') return [];
  const params = paramsIn.safeParse(event.runenv).data?.params ?? {};
  return names.flatMap((name) => params[name] ?? []);
}

const paramsIn = z.object({ params: z.record(z.string(), z.string()) });

/** The beginning of a file; empty for anything that is not a file or cannot be read. */
function headOf(file: string): string {
  let fd: number | undefined;
  try {
    fd = openRegular(file);
    const head = Buffer.alloc(headBytes);
    return head.toString('utf8', 0, readSync(fd, head, 0, headBytes, 0));
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
