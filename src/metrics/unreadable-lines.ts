/** The limit on named metrics with unreadable values. */
export const maxNames = 5;
/** Above this many files, one combined message is reported. */
const maxPlaces = 3;

interface Unread {
  readonly place: string;
  readonly lines: number;
  readonly names: readonly string[];
}

/**
 * Collects unreadable lines of a run's files, for one report at the end: a plan makes the same mistake in every
 * instance.
 */
export class UnreadLines {
  readonly #all: Unread[] = [];

  /** @param place a file: `single/0/results.out`. @param names the metrics of the lines, as far as they are known. */
  add(place: string, lines: number, names: ReadonlySet<string>): void {
    if (lines > 0) this.#all.push({ place, lines, names: [...names].slice(0, maxNames) });
  }

  /** The messages to report. */
  problems(): string[] {
    if (this.#all.length <= maxPlaces)
      return this.#all.map(({ place, ...its }) => describeUnread(its, place));
    const lines = this.#all.reduce((sum, each) => sum + each.lines, 0);
    const names = [...new Set(this.#all.flatMap((each) => each.names))].slice(0, maxNames);
    const first = this.#all[0]?.place ?? '';
    return [describeUnread({ lines, names }, `${this.#all.length} files, such as ${first},`)];
  }
}

function describeUnread({ lines, names }: Pick<Unread, 'lines' | 'names'>, where: string): string {
  const which = names.length === 0 ? '' : ` (no number: ${names.join(', ')})`;
  return `${lines} line${lines === 1 ? '' : 's'} of ${where} ${lines === 1 ? 'is not a valid metric' : 'are not valid metrics'}${which}`;
}
