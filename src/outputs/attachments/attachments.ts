import { type Dirent, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { instanceDirOf } from '../layout.ts';
import {
  type AttachedFile,
  attachedFiles,
  isAttachmentName,
  ownFolder,
  sizeBelow,
} from './attached-files.ts';
import { typeOfName } from './attachment-type.ts';

/** Files of the outputs that a manifest attaches: those whose path in an instance's outputs matches. */
export interface AttachmentRule {
  /** With `*` for anything but a slash, and `**` for anything. */
  readonly pattern: string;
  /** The media type; undefined for the one of each name's extension. */
  readonly type: string | undefined;
}

/** A file that a plan has attached to its run. */
export interface Attachment {
  readonly group: string;
  /** The instance's number in the group, from 0. */
  readonly index: number;
  /** Its path in the instance's outputs. */
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  readonly bytes: number;
}

/** The attachments of a run. */
export interface Attachments {
  readonly attachments: readonly Attachment[];
  /** The number of attachments beyond those. */
  readonly more_attachments: number;
}

/** Of a run that has not begun. */
export const noAttachments: Attachments = { attachments: [], more_attachments: 0 };

/** At most this many attachments of a run are listed, and this many of one instance. */
const maxAttachments = 500;
const maxOfInstance = 100;
/** How many entries of an instance's outputs are matched with rules, and how deep they are. */
const maxEntries = 5_000;
const maxDepth = 8;

interface Instance {
  readonly group: string;
  readonly index: number;
}

/** Finds the attachments of some instances of a run: those that their SDKs have listed, then those of the rules. */
export async function findAttachments(
  runDir: string,
  instances: Iterable<Instance>,
  rules: readonly AttachmentRule[],
): Promise<Attachments> {
  const typeByRule = await typeFinder(rules);
  const found: Attachment[] = [];
  let more = 0;
  for (const { group, index } of instances) {
    const dir = instanceDirOf(runDir, group, index);
    const its = await attachmentsIn(dir, typeByRule);
    const room = Math.min(maxOfInstance, maxAttachments - found.length);
    for (const { name, type, bytes } of its.slice(0, room))
      found.push({ group, index, name, type: type || typeOfName(name), bytes });
    more += Math.max(0, its.length - room);
  }
  return { attachments: found, more_attachments: more };
}

/** The type that the rules give to a path: empty for that of its extension, undefined if no rule matches. */
type TypeByRule = (path: string) => string | undefined;

async function typeFinder(rules: readonly AttachmentRule[]): Promise<TypeByRule | undefined> {
  if (rules.length === 0) return undefined;
  // Loaded on demand: few plans have rules.
  const { default: picomatch } = await import('picomatch');
  const matchers = rules.map(({ pattern, type = '' }) => ({ matches: picomatch(pattern), type }));
  return (path) => matchers.find(({ matches }) => matches(path))?.type;
}

async function attachmentsIn(dir: string, typeByRule: TypeByRule | undefined): Promise<AttachedFile[]> {
  const listed = attachedFiles(dir);
  const root = typeByRule && ownFolder(dir);
  if (typeByRule === undefined || root === undefined) return listed;
  const known = new Set(listed.map(({ name }) => name));
  const matched = (await filesIn(root)).flatMap((name) => {
    const type = typeByRule(name);
    if (type === undefined || known.has(name) || !isAttachmentName(name)) return [];
    const bytes = sizeBelow(root, name);
    return bytes === undefined ? [] : [{ name, type, bytes }];
  });
  return [...listed, ...matched];
}

/** The paths of the files below a folder, sorted. Links are not followed. @param root a real path. */
async function filesIn(root: string): Promise<string[]> {
  const found: string[] = [];
  const open: { readonly place: string; readonly depth: number }[] = [{ place: '', depth: 0 }];
  let entries = 0;
  for (let next = open.shift(); next !== undefined && entries < maxEntries; next = open.shift()) {
    for (const entry of await entriesOf(root, next.place)) {
      if (++entries > maxEntries) break;
      const place = join(next.place, entry.name);
      if (entry.isFile()) found.push(place);
      else if (entry.isDirectory() && next.depth < maxDepth) open.push({ place, depth: next.depth + 1 });
    }
  }
  return found.sort();
}

/** The entries of a folder; none if it cannot be listed, or was replaced by a link. */
async function entriesOf(root: string, place: string): Promise<Dirent[]> {
  try {
    const path = join(root, place);
    return realpathSync(path) === path ? await readdir(path, { withFileTypes: true }) : [];
  } catch {
    return [];
  }
}
