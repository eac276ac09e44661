import { appendFileSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { nowNs } from './clock.ts';

/** What is attached: a text, bytes, or the content of a file. */
export type AttachmentContent = string | Uint8Array | { readonly file: string };

/** The file that lists the attachments of an instance, as JSON lines. */
export const attachmentsFile = 'attachments.out';

/** Names in an instance's outputs that belong to tg and its SDKs. */
const reserved: ReadonlySet<string> = new Set([
  ...['run.out', 'run.err', 'metrics.lp', 'results.out', 'diagnostics.out', 'coverage', attachmentsFile],
]);

/** Writes attachments into the outputs of an instance, and lists them. */
export class Attachments {
  readonly #outputs: string | undefined;

  /** @param outputs the folder of the instance's outputs; empty (outside a run) to write nothing. */
  constructor(outputs: string) {
    this.#outputs = outputs !== '' && existsSync(outputs) ? outputs : undefined;
  }

  /**
   * Writes one attachment. One of the same name is replaced.
   * @throws Error for a name that is no path in the outputs, or that tg uses, and if it cannot be written.
   */
  add(name: string, content: AttachmentContent, type = ''): void {
    checkName(name);
    checkContent(name, content);
    if (type !== '' && !/^[\w.+-]+\/[\w.+-]+$/.test(type))
      throw new Error(`the type of an attachment must be a media type such as image/png, not "${type}"`);
    if (this.#outputs === undefined) return;
    const target = join(this.#outputs, name);
    mkdirSync(dirname(target), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(target, content);
    else if (resolve(content.file) !== resolve(target)) copyFileSync(content.file, target);
    const line = JSON.stringify({ name, type });
    appendFileSync(join(this.#outputs, attachmentsFile), `{"ts":${nowNs()},${line.slice(1)}\n`);
  }
}

/** JavaScript callers may pass anything. */
function checkContent(name: string, content: unknown): void {
  if (typeof content === 'string' || content instanceof Uint8Array) return;
  const isFile =
    typeof content === 'object' && content !== null && 'file' in content && typeof content.file === 'string';
  if (!isFile)
    throw new Error(`the content of the attachment "${name}" must be a text, bytes, or { file: path }`);
}

function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string')
    throw new Error(`the name of an attachment must be a text, not ${typeof name}`);
  const parts = name.split('/');
  const problem = reserved.has(parts[0] ?? '')
    ? 'is used by tg'
    : parts.some((part) => part === '' || part.startsWith('.')) ||
        /[\p{Cc}\\]/u.test(name) ||
        name.length > 200
      ? 'must be a path in the outputs of the instance, such as history.json or plots/load.png'
      : undefined;
  if (problem !== undefined) throw new Error(`the name of the attachment "${name}" ${problem}`);
}
