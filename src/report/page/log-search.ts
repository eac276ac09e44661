import { computed } from '@preact/signals';
import { lineKinds } from '../data.ts';
import { chosen, logFilter, report, shown, tagOf } from './state.ts';

/** What a text is searched for; undefined for what is no regular expression. */
export const pattern = computed<RegExp | undefined>(() => patternOf(logFilter.value.text));

/** `/…/` is a regular expression; everything else a text, in which case does not matter. */
export function patternOf(text: string): RegExp | undefined {
  const [, source] = /^\/(.+)\/$/.exec(text) ?? [];
  try {
    return new RegExp(source ?? text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gi');
  } catch {
    return undefined;
  }
}

/** The lines that are wanted, by their place in the log. */
export const found = computed<readonly number[]>(() => {
  const { log, instances } = report.value;
  const { text, group, kinds, onlyChosen, onlyShown } = logFilter.value;
  const wanted = text === '' ? undefined : pattern.value;
  const { from, to } = shown.value;
  const tags = instances.map((_, instance) => tagOf(instance));
  return log.at.flatMap((at, line) => {
    const of = log.of[line] ?? -1;
    const kind = lineKinds[log.kind[line] ?? 0] ?? 'OTHER';
    if (onlyChosen && chosen.value !== undefined && of !== chosen.value) return [];
    if (onlyShown && (at < from || at > to)) return [];
    if (group !== undefined && instances[of]?.group !== group) return [];
    if (kinds !== undefined && !kinds.has(kind)) return [];
    if (wanted === undefined) return [line];
    return matches(wanted, `${tags[of] ?? 'tg'} ${kind} ${log.text[line] ?? ''}`) ? [line] : [];
  });
});

function matches(wanted: RegExp, text: string): boolean {
  wanted.lastIndex = 0;
  return wanted.test(text);
}
