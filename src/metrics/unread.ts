/** So many metrics are named of which values could not be read. */
export const mostNames = 5;
/** The files of more places than so many are told together. */
const mostPlaces = 3;

interface Unread {
  readonly place: string;
  readonly lines: number;
  readonly names: readonly string[];
}

/** What could not be read of the files of a run, told when all have been: one plan makes the same mistake in every instance. */
export class UnreadLines {
  readonly #all: Unread[] = [];

  /** @param place a file: `single/0/results.out`. @param names the metrics that were meant, as far as that is known. */
  add(place: string, lines: number, names: ReadonlySet<string>): void {
    if (lines > 0) this.#all.push({ place, lines, names: [...names].slice(0, mostNames) });
  }

  /** What there is to say, in words. */
  problems(): string[] {
    if (this.#all.length <= mostPlaces) return this.#all.map(({ place, ...its }) => words(its, place));
    const lines = this.#all.reduce((sum, each) => sum + each.lines, 0);
    const names = [...new Set(this.#all.flatMap((each) => each.names))].slice(0, mostNames);
    const first = this.#all[0]?.place ?? '';
    return [words({ lines, names }, `${this.#all.length} files, ${first} for instance,`)];
  }
}

function words({ lines, names }: Pick<Unread, 'lines' | 'names'>, where: string): string {
  const which = names.length === 0 ? '' : ` (no number: ${names.join(', ')})`;
  return `${lines} line${lines === 1 ? '' : 's'} of ${where} ${lines === 1 ? 'is' : 'are'} no metric, or not whole${which}`;
}
