import { closeSync, fstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isFields } from '../../util/fields.ts';
import { mediaType } from '../../util/media-type.ts';
import { linesFrom } from '../last-lines.ts';
import { instanceFiles } from '../layout.ts';
import { openBelow, whatIsAt } from '../untrusted-file.ts';

/** A file in an instance's outputs that its plan attaches to the run. */
export interface AttachedFile {
  /** Its path in the instance's outputs. */
  readonly name: string;
  /** Its media type; empty for the one of its name's extension. */
  readonly type: string;
  readonly bytes: number;
}

/** How much of the list of an instance's attachments is read, in bytes, and how many are taken from it. */
const maxListBytes = 64 * 1024;
const maxListed = 1_000;

const reserved: ReadonlySet<string> = new Set(Object.values(instanceFiles));

/** Whether a path in an instance's outputs may be that of an attachment: it stays in there, and tg does not use it. */
export function isAttachmentName(name: string): boolean {
  const parts = name.split('/');
  return (
    name.length <= 200 &&
    !/[\p{Cc}\\]/u.test(name) &&
    parts.every((part) => part !== '' && !part.startsWith('.')) &&
    !reserved.has(parts[0] ?? '')
  );
}

/** The files that the SDK of an instance has listed as attachments, each once; those that are missing are left out. */
export function attachedFiles(dir: string): AttachedFile[] {
  // Most instances attach nothing.
  if (whatIsAt(join(dir, instanceFiles.attachments)) === undefined) return [];
  const root = ownFolder(dir);
  return root === undefined ? [] : listedIn(root);
}

function listedIn(root: string): AttachedFile[] {
  const types = new Map<string, string>();
  for (const line of listOf(root)) {
    const { name, type = '' } = fieldsIn(line);
    if (typeof name !== 'string' || typeof type !== 'string' || !isAttachmentName(name)) continue;
    if (types.size < maxListed || types.has(name)) types.set(name, mediaType.test(type) ? type : '');
  }
  return [...types].flatMap(([name, type]) => {
    const bytes = sizeBelow(root, name);
    return bytes === undefined ? [] : [{ name, type, bytes }];
  });
}

/** The real path of an instance's outputs; undefined if they, or the folder of its group, are a link or missing. */
export function ownFolder(dir: string): string | undefined {
  const isOwn = [dirname(dir), dir].every((folder) => whatIsAt(folder)?.isDirectory());
  return isOwn ? realpathSync(dir) : undefined;
}

/**
 * The size of a regular file below a folder, in bytes; undefined if it is something else, or elsewhere.
 * @param root a real path.
 */
export function sizeBelow(root: string, name: string): number | undefined {
  try {
    const fd = openBelow(root, name);
    const { size } = fstatSync(fd);
    closeSync(fd);
    return size;
  } catch {
    return undefined;
  }
}

function listOf(root: string): string[] {
  try {
    return linesFrom(root, instanceFiles.attachments, 0, maxListBytes);
  } catch {
    return [];
  }
}

function fieldsIn(line: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(line);
    return isFields(json) ? json : {};
  } catch {
    return {};
  }
}
