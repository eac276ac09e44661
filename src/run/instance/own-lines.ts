import { join } from 'node:path';
import { instanceFiles } from '../../outputs/layout.ts';
import { type Line, Tail } from '../../outputs/tail.ts';
import { whatIsAt } from '../../outputs/untrusted-file.ts';

const pieceBytes = 256 * 1024;

/** Reports the lines of a run.out that an SDK has written itself, if there is one. */
export function readOwnLines(outputs: string, onLine: (line: Line) => void): void {
  const file = join(outputs, instanceFiles.out);
  if (!whatIsAt(file)?.isFile()) return;
  using tail = new Tail(file, onLine);
  while (tail.readMore(pieceBytes) > 0);
  tail.finish();
}
