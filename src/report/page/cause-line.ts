import { computed } from '@preact/signals';
import { type LineKind, lineKinds, type ReportCause } from '../data.ts';
import { placeOf, report } from './state.ts';

/** The classes of lines that report or judge a failure. */
const troubles: ReadonlySet<LineKind> = new Set(['FAIL', 'CRASH', 'INCOMPLETE']);

/** The line in which the first instance of a cause fails; undefined if there is none. */
export function lineOfCause({ example }: ReportCause): number | undefined {
  if (example === null) return undefined;
  const { of, kind } = report.value.log;
  const place = placeOf(example);
  const line = of.findIndex(
    (each, at) => each === place && troubles.has(lineKinds[kind[at] ?? 0] ?? 'OTHER'),
  );
  return line === -1 ? undefined : line;
}

/** The line of the first cause that has one: there the log opens. */
export const firstCauseLine = computed<number | undefined>(() => {
  for (const cause of report.value.about.causes) {
    const line = lineOfCause(cause);
    if (line !== undefined) return line;
  }
  return undefined;
});
