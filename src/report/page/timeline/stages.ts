import { computed } from '@preact/signals';
import { colourOf } from '../palette.ts';
import { report } from '../state.ts';

/** The colours of all stages by name, in the order of their first occurrence. */
export const stageColours = computed<ReadonlyMap<string, string>>(() => {
  const names = [...new Set(report.value.stages.map(({ name }) => name))];
  return new Map(names.map((name, place) => [name, colourOf(place)]));
});

export function stageColour(name: string): string {
  return stageColours.value.get(name) ?? colourOf(0);
}
