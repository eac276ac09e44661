import { computed } from '@preact/signals';
import type { NetworkSpan } from '../../data.ts';
import { colourOf } from '../palette.ts';
import { report } from '../state.ts';

/** The settings of a network as one text; empty for a plain network. */
export function settingsText({ settings }: Pick<NetworkSpan, 'settings'>): string {
  return settings.join(', ');
}

/** The settings without the address, of which each instance may have its own. */
export function shapeText({ settings }: Pick<NetworkSpan, 'settings'>): string {
  return settings.filter((setting) => !setting.startsWith('address ')).join(', ');
}

/** The colours of all shapes by their text, in the order of their first occurrence; none for a plain network. */
export const networkColours = computed<ReadonlyMap<string, string>>(() => {
  const texts = new Set(report.value.networkSpans.map(shapeText));
  texts.delete('');
  return new Map([...texts].map((text, place) => [text, colourOf(place)]));
});
