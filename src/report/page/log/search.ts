import { computed } from '@preact/signals';
import { lineKinds } from '../../data.ts';
import { chosen, logFilter, report, shown, tagOf } from '../state.ts';

/** Patterns that a line must match and must not match. */
export interface Query {
  readonly wanted: readonly RegExp[];
  readonly unwanted: readonly RegExp[];
}

/** The current query; undefined for an invalid regular expression. */
export const query = computed<Query | undefined>(() => queryOf(logFilter.value.text));

/**
 * Parses a query. `/…/` is a regular expression, optionally with flags; otherwise every word must occur, quoted
 * words together, and words with a minus must not occur. Case is ignored; `single[3]` finds `single[003]`.
 */
export function queryOf(text: string): Query | undefined {
  const [, source, flags = ''] = /^\/(.+)\/([imsu]*)$/.exec(text.trim()) ?? [];
  try {
    if (source !== undefined)
      return { wanted: [new RegExp(source, [...new Set(`${flags}gi`)].join(''))], unwanted: [] };
  } catch {
    return undefined;
  }
  const terms = [...text.matchAll(/(-?)(?:"([^"]+)"?|(\S+))/g)].map(([, minus, quoted, word]) => ({
    isWanted: minus === '',
    pattern: new RegExp(quoted === undefined ? wordPattern(word ?? '') : escaped(quoted), 'gi'),
  }));
  return {
    wanted: terms.flatMap(({ isWanted, pattern }) => (isWanted ? pattern : [])),
    unwanted: terms.flatMap(({ isWanted, pattern }) => (isWanted ? [] : pattern)),
  };
}

function escaped(word: string): string {
  return word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** The pattern of a word; a word that may be an instance matches the form used in lines. */
function wordPattern(word: string): string {
  const padded = word.replace(/\[(\d{1,2})\]$/, (_, index: string) => `[${index.padStart(3, '0')}]`);
  return padded === word ? escaped(word) : `${escaped(word)}|${escaped(padded)}`;
}

const tags = computed<readonly string[]>(() => report.value.instances.map((_, instance) => tagOf(instance)));

/** The indexes of the matching lines. */
export const found = computed<readonly number[]>(() => {
  const { log, instances } = report.value;
  const { text, group, kinds, onlyChosen, onlyShown } = logFilter.value;
  const { wanted, unwanted } = (text.trim() === '' ? undefined : query.value) ?? { wanted: [], unwanted: [] };
  const one = onlyChosen ? chosen.value : undefined;
  const span = onlyShown ? shown.value : undefined;
  return log.at.flatMap((at, line) => {
    const of = log.of[line] ?? -1;
    const kind = lineKinds[log.kind[line] ?? 0] ?? 'OTHER';
    if (one !== undefined && of !== one) return [];
    if (span !== undefined && (at < span.from || at > span.to)) return [];
    if (group !== undefined && instances[of]?.group !== group) return [];
    if (kinds !== undefined && !kinds.has(kind)) return [];
    if (wanted.length + unwanted.length === 0) return [line];
    const message = `${tags.value[of] ?? 'tg'} ${kind} ${log.text[line] ?? ''}`;
    return wanted.every((each) => has(each, message)) && !unwanted.some((each) => has(each, message))
      ? [line]
      : [];
  });
});

function has(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}
