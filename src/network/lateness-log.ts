/** The width of a bucket: 16 to each doubling are within 5 %. */
const perDoubling = 16;
/** The upper end of the first bucket, in ms. */
const least = 0.001;

/** How late frames were, in memory that does not grow. */
export class LatenessLog {
  readonly #counts = new Float64Array(perDoubling * 30);
  #total = 0;
  #max = 0;

  /** @param ms the lateness. */
  add(ms: number): void {
    const place = ms <= least ? 0 : Math.ceil(Math.log2(ms / least) * perDoubling);
    const at = Math.min(place, this.#counts.length - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total++;
    this.#max = Math.max(this.#max, ms);
  }

  /** Undefined without frames. */
  summary(): { readonly p50: number; readonly p99: number; readonly max: number } | undefined {
    if (this.#total === 0) return undefined;
    return { p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: this.#max };
  }

  #quantile(share: number): number {
    let left = Math.ceil(this.#total * share);
    const at = this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.min(this.#max, least * 2 ** (at / perDoubling));
  }
}
