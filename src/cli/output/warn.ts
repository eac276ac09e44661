import { sayAside } from './say.ts';

/** Prints a warning beside a command's output. */
export function warn(text: string): void {
  sayAside(`warning: ${text}\n`);
}

/** Prints a note beside a command's output. */
export function note(text: string): void {
  sayAside(`note: ${text}\n`);
}
