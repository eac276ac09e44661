import { constants, copyFile, open, stat } from 'node:fs/promises';
import { throwIfAborted } from '../tool/throw-if-aborted.ts';

const blockBytes = 1024 * 1024;
const zeros = Buffer.alloc(blockBytes);

/** Whether a file occupies less space than its length: disk images, database files. */
export async function isSparse(file: string): Promise<boolean> {
  const { blocks, size } = await stat(file);
  return blocks * 512 < size;
}

/** Copies a file without its zero blocks, so that the copy occupies no more space than the file. */
export async function copySparse(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const isCloned = await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );
  if (isCloned) return;
  await using source = await open(from, 'r');
  const { mode } = await source.stat();
  await using copy = await open(to, 'w', mode & 0o777);
  const buffer = Buffer.alloc(blockBytes);
  let at = 0;
  for (;;) {
    throwIfAborted(signal);
    const { bytesRead } = await source.read(buffer, 0, blockBytes, at);
    if (bytesRead === 0) break;
    const isZero = buffer.compare(zeros, 0, bytesRead, 0, bytesRead) === 0;
    if (!isZero) await writeAll(copy, buffer.subarray(0, bytesRead), at);
    at += bytesRead;
  }
  await copy.truncate(at);
  // Regardless of the umask.
  await copy.chmod(mode & 0o777);
}

async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  bytes: Buffer,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
