/** The largest request, in points and in bytes: InfluxDB accepts 25 MB. */
const batchLimit = { points: 5_000, bytes: 4 * 1024 * 1024 } as const;

/** Points of one request, one per line. */
export interface Batch {
  readonly body: Buffer;
  readonly points: number;
}

/** Queued points, in order and in batches, with bounded memory. */
export class PointQueue {
  readonly #max: number;
  readonly #batches: Batch[] = [];
  #open: string[] = [];
  #openBytes = 0;
  #waiting = 0;

  /** @param max the limit on bytes of queued points. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The number of queued bytes. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Queues a point. @returns false if there is no room for it. */
  add(line: string): boolean {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waiting + bytes > this.#max) return false;
    if (this.#openBytes + bytes > batchLimit.bytes || this.#open.length === batchLimit.points) this.#seal();
    this.#open.push(line);
    this.#openBytes += bytes;
    this.#waiting += bytes;
    return true;
  }

  /** Removes the next batch; returns undefined if the queue is empty. */
  take(): Batch | undefined {
    if (this.#batches.length === 0) this.#seal();
    const batch = this.#batches.shift();
    if (batch !== undefined) this.#waiting -= batch.body.length + 1;
    return batch;
  }

  /** Encodes the batch as bytes: a line sliced from a large body would keep the whole body in memory. */
  #seal(): void {
    if (this.#open.length === 0) return;
    this.#batches.push({ body: Buffer.from(this.#open.join('\n')), points: this.#open.length });
    this.#open = [];
    this.#openBytes = 0;
  }
}
