import { quantiles, type View } from './drawing.ts';

/** How a metric is drawn, as a person chose it. */
export interface ChosenView extends View {
  /** Whether the axis of values is logarithmic. */
  readonly isLog: boolean;
}

/** What a page opens with. */
export const unchanged: ChosenView = { shape: 'time', isSplit: true, quantile: 'p50', isLog: false };

/** For example `results%20point%20latency:distribution.log`: only what differs from the first view. */
export function viewsText(all: ReadonlyMap<string, ChosenView>): string {
  const texts = [...all].map(([key, { shape, isSplit, quantile, isLog }]) => {
    const words = [
      ...(shape === unchanged.shape ? [] : [shape]),
      ...(isSplit ? [] : ['pooled']),
      ...(quantile === unchanged.quantile ? [] : [quantile]),
      ...(isLog ? ['log'] : []),
    ];
    return words.length === 0 ? '' : `${encodeURIComponent(key)}:${words.join('.')}`;
  });
  return texts.filter((text) => text !== '').join();
}

/** Reads what `viewsText` wrote. Words that are not known are ignored, and views that cannot be decoded left out. */
export function viewsIn(text: string): ReadonlyMap<string, ChosenView> {
  const all = new Map<string, ChosenView>();
  for (const each of text.split(',')) {
    const [, key = '', rest = ''] = /^([^:]+):(.*)$/.exec(each) ?? [];
    const words = new Set(rest.split('.'));
    try {
      if (key !== '') all.set(decodeURIComponent(key), viewIn(words));
    } catch {
      // A damaged address shows the page as it opens.
    }
  }
  return all;
}

function viewIn(words: ReadonlySet<string>): ChosenView {
  return {
    shape: words.has('distribution') ? 'distribution' : unchanged.shape,
    isSplit: !words.has('pooled'),
    quantile: quantiles.find((name) => words.has(name)) ?? unchanged.quantile,
    isLog: words.has('log'),
  };
}
