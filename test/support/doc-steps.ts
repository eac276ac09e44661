import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tg.ts';

/** What a reader of a page does next, in order. */
export type DocStep =
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'change'; readonly removed: string; readonly added: string }
  | {
      readonly kind: 'run';
      readonly command: string;
      readonly exit: number;
      /** The output that the page shows; undefined if it shows none. */
      readonly shown: string | undefined;
    };

/**
 * The steps of a page, or of one section: files (their names are in the first line), changes to them, and commands,
 * the last of a block with its output in the `text` block below.
 */
export function docSteps(page: string, section?: string): DocStep[] {
  const whole = readFileSync(join(root, page), 'utf8');
  const text = section === undefined ? whole : (whole.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '');
  const steps: DocStep[] = [];
  for (const [, language, code = ''] of text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const [, file] = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(code) ?? [];
    if ((language === 'ts' || language === 'toml') && file !== undefined)
      steps.push({ kind: 'write', file, text: code });
    if (language === 'diff')
      steps.push({ kind: 'change', removed: lines(code, '-'), added: lines(code, '+') });
    if (language === 'sh')
      for (const command of code.trimEnd().split('\n')) {
        const exit = Number(/ # exit (\d+)$/.exec(command)?.[1] ?? 0);
        steps.push({ kind: 'run', command, exit, shown: undefined });
      }
    const last = steps.at(-1);
    if (language === 'text' && last?.kind === 'run') steps.splice(-1, 1, { ...last, shown: code });
  }
  return steps;
}

function lines(diff: string, sign: string): string {
  const its = diff.split('\n').filter((line) => line.startsWith(sign));
  return its.map((line) => line.slice(1)).join('\n');
}
