/** So many points, and so many bytes of them, are sent in one request: an InfluxDB takes 25 MB. */
const batchLimit = { points: 5_000, bytes: 4 * 1024 * 1024 } as const;

/** Points that are sent in one request, a line each. */
export interface Batch {
  readonly body: Buffer;
  readonly points: number;
}

/** Points that wait to be sent, in order and in batches: no more of them than are given memory for. */
export class PointQueue {
  readonly #most: number;
  readonly #batches: Batch[] = [];
  #open: string[] = [];
  #openBytes = 0;
  #waiting = 0;

  /** @param most how many bytes of points may wait. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many bytes of points wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Adds a point. @returns false where there is no room for it. */
  add(line: string): boolean {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waiting + bytes > this.#most) return false;
    if (this.#openBytes + bytes > batchLimit.bytes || this.#open.length === batchLimit.points) this.#seal();
    this.#open.push(line);
    this.#openBytes += bytes;
    this.#waiting += bytes;
    return true;
  }

  /** Removes the next batch; undefined where nothing waits. */
  take(): Batch | undefined {
    if (this.#batches.length === 0) this.#seal();
    const batch = this.#batches.shift();
    if (batch !== undefined) this.#waiting -= batch.body.length + 1;
    return batch;
  }

  /** As bytes: a line of a large body would keep all of that in memory. */
  #seal(): void {
    if (this.#open.length === 0) return;
    this.#batches.push({ body: Buffer.from(this.#open.join('\n')), points: this.#open.length });
    this.#open = [];
    this.#openBytes = 0;
  }
}
