import { harmless } from '../../harmless.ts';

/** Tells somebody of something beside a command's output, which programs may read: on stderr. */
export function warn(text: string): void {
  process.stderr.write(harmless(`warning: ${text}\n`));
}
