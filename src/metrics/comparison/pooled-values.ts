/** The values of several instances in ascending order: the value, the index of its instance, and how often it occurs. */
export interface SortedValues {
  readonly values: Float64Array;
  readonly of: Int32Array;
  readonly counts: Float64Array;
}

/** Equal or nearly equal values of one instance. */
interface Cell {
  count: number;
  sum: number;
}

/** The maximum number of cells of all instances together. Above it, values that are close to each other share a cell. */
const maxCells = 32_768;
/** At level 1, values that differ by less than 0.05 % share a cell; each further level doubles this. */
const finest = Math.log(1.0005);
/** At this level, values up to three times as large share a cell: more would say nothing. */
const lastLevel = 12;
/** Its multiples are spread evenly between integers. */
const goldenRatio = (1 + Math.sqrt(5)) / 2;
const zeroKey = Number.MAX_SAFE_INTEGER;

/**
 * Values by instance, in bounded memory: exact for few values, otherwise as a histogram with logarithmic cells that
 * become coarser as values are added. Each cell keeps the mean of its values.
 * @see Epicoco et al., UDDSketch: Accurate Tracking of Quantiles in Data Streams, 2020.
 */
export class PooledValues {
  #cells: Map<number, Cell>[] = [];
  #level = 0;
  #size = 0;

  /** Adds a value of an instance. Ignores a value that is not finite. */
  add(instance: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.#put(instance, value, 1);
    while (this.#size > maxCells && this.#level < lastLevel) this.#coarsen();
  }

  sorted(): SortedValues {
    const all = this.#cells.flatMap((cells, instance) =>
      [...cells.values()].map(({ count, sum }) => ({ value: sum / count, instance, count })),
    );
    all.sort((a, b) => a.value - b.value);
    return {
      values: Float64Array.from(all, ({ value }) => value),
      of: Int32Array.from(all, ({ instance }) => instance),
      counts: Float64Array.from(all, ({ count }) => count),
    };
  }

  #put(instance: number, sum: number, count: number): void {
    while (this.#cells.length <= instance) this.#cells.push(new Map());
    const cells = this.#cells[instance] ?? new Map<number, Cell>();
    const key = keyOf(sum / count, instance, this.#level);
    const known = cells.get(key);
    if (known === undefined) {
      cells.set(key, { count, sum });
      this.#size++;
      return;
    }
    known.count += count;
    known.sum += sum;
  }

  #coarsen(): void {
    const before = this.#cells;
    this.#level++;
    this.#size = 0;
    this.#cells = before.map(() => new Map());
    for (const [instance, cells] of before.entries())
      for (const { sum, count } of cells.values()) this.#put(instance, sum, count);
  }
}

/**
 * The cell of a value: the value itself at level 0, otherwise an integer for its sign and magnitude. The cells of each
 * instance begin elsewhere, so that all of them together resolve more than those of one.
 */
function keyOf(value: number, instance: number, level: number): number {
  if (level === 0) return value;
  if (value === 0) return zeroKey;
  const shift = (instance * goldenRatio) % 1;
  const place = Math.floor(Math.log(Math.abs(value)) / (finest * 2 ** (level - 1)) + shift);
  return 2 * place + (value < 0 ? 1 : 0);
}
