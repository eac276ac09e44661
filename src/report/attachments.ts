import { closeSync, fstatSync, readSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunRecord } from '../history/record.ts';
import { isAttachmentName } from '../outputs/attachments/attached-files.ts';
import { type Attachment, type Attachments, findAttachments } from '../outputs/attachments/attachments.ts';
import { InstanceMasks } from '../outputs/instance-masks.ts';
import { openBelow } from '../outputs/untrusted-file.ts';
import type { InstanceId } from '../plan/instance-id.ts';
import type { RunResult } from '../run/verdict/result.ts';
import { messageOf } from '../util/errors.ts';
import type { ReportAttachment } from './data.ts';

/** What is shown in a page, in bytes: of one image, of one other attachment, and of all together. */
const maxBytes = { image: 2 * 1024 * 1024, other: 512 * 1024, all: 16 * 1024 * 1024 } as const;

/** Images that browsers draw. Scripts in an SVG image are not run. */
const images: ReadonlySet<string> = new Set([
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/svg+xml'],
]);

/** The attachments of a run, those that are small with their content. */
export async function readAttachments(
  { dir, groups }: RunRecord,
  result: RunResult | undefined,
  placeOf: (instance: InstanceId) => number,
  onGap: (text: string) => void,
): Promise<{ readonly attachments: readonly ReportAttachment[]; readonly moreAttachments: number }> {
  const found = result ?? (await attachedSoFar(dir, groups));
  const masks = new InstanceMasks(dir);
  const shown: ReportAttachment[] = [];
  let room: number = maxBytes.all;
  for (const attachment of found.attachments) {
    const { name, type, bytes, group, index } = attachment;
    const of = placeOf({ group, index });
    // The result may be that of an archive from elsewhere.
    if (of === -1 || !isAttachmentName(name)) continue;
    // As in the archive of the run, which can be unpacked next to the page.
    const path = [basename(dir), group, String(index), ...name.split('/')];
    const about = { of, name, type, bytes, href: path.map(encodeURIComponent).join('/') };
    const kind = kindOf(attachment, room);
    if (kind === 'file') {
      shown.push({ ...about, kind, content: '' });
      continue;
    }
    try {
      const content = await contentOf(dir, attachment, masks);
      room -= content.length;
      shown.push({ ...about, kind, content: asShown(kind, content, type) });
    } catch (error) {
      onGap(`the attachment ${group}/${index}/${name} cannot be read: ${messageOf(error)}`);
      shown.push({ ...about, kind: 'file', content: '' });
    }
  }
  return { attachments: shown, moreAttachments: found.more_attachments };
}

/** What SDKs have listed: while a run goes on, nothing else is known. */
async function attachedSoFar(dir: string, groups: RunRecord['groups']): Promise<Attachments> {
  const instances = groups.flatMap(({ id, instances: count }) =>
    Array.from({ length: count }, (_, index) => ({ group: id, index })),
  );
  return await findAttachments(dir, instances, []);
}

/** How an attachment is shown. @param room how many bytes the page still has for attachments. */
function kindOf({ type, bytes }: Attachment, room: number): ReportAttachment['kind'] {
  const kind = images.has(type)
    ? 'image'
    : type === 'text/html'
      ? 'html'
      : type === 'application/json' || type.endsWith('+json')
        ? 'json'
        : type.startsWith('text/')
          ? 'text'
          : 'file';
  return bytes > Math.min(room, kind === 'image' ? maxBytes.image : maxBytes.other) ? 'file' : kind;
}

/** The content of an attachment, with secrets masked. */
async function contentOf(
  dir: string,
  { group, index, name, bytes }: Attachment,
  masks: InstanceMasks,
): Promise<Buffer> {
  const fd = openBelow(realpathSync(dir), join(group, String(index), name));
  try {
    // It may have grown since it was listed.
    const content = Buffer.alloc(Math.min(bytes, fstatSync(fd).size));
    const got = content.subarray(0, readSync(fd, content, 0, content.length, 0));
    const mask = await masks.ofInstance(group, index);
    if (mask === undefined) return got;
    const masked: Buffer[] = [];
    for await (const piece of mask.stream(piecesOf(got))) masked.push(piece);
    return Buffer.concat(masked);
  } finally {
    closeSync(fd);
  }
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function asShown(kind: 'image' | 'text' | 'json' | 'html', content: Buffer, type: string): string {
  if (kind === 'image') return `data:${type};base64,${content.toString('base64')}`;
  const text = content.toString('utf8');
  return kind === 'json' ? pretty(text) : text;
}

/** JSON with a line for each value; the text itself if it is no JSON, or has numbers that JavaScript would change. */
function pretty(text: string): string {
  if (/[:[,]\s*-?[\d.]{16}/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
