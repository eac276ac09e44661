import { harmless } from '../../harmless.ts';

/*
 * The way out for what a command prints around its runs, whose lines go through a Reporter. Names and texts come from plans, from
 * archives of strangers, from command lines: nothing in them is for the terminal.
 */

/** Prints words for people on stdout, without anything that a terminal would obey. */
export function say(text: string): void {
  process.stdout.write(harmless(text));
}

/** The same on stderr: beside a command's output, which programs may read. */
export function sayAside(text: string): void {
  process.stderr.write(harmless(text));
}

/** Prints on stdout for programs, as it is: JSON, CSV, a page, a script. */
export function printData(text: string): void {
  process.stdout.write(text);
}
