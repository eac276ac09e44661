import { sayAside } from './say.ts';

/** Tells somebody of something beside a command's output. */
export function warn(text: string): void {
  sayAside(`warning: ${text}\n`);
}
