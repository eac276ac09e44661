/** Numbers by time, the earliest first; equal times in the order in which they were added. In memory that is reused. */
export class TimeHeap {
  #times = new Float64Array(1_024);
  #orders = new Float64Array(1_024);
  #items = new Int32Array(1_024);
  #size = 0;
  #added = 0;

  /** The earliest time; infinite if there is none. */
  get next(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] ?? 0);
  }

  add(time: number, item: number): void {
    if (this.#size === this.#times.length) this.#grow();
    let at = this.#size++;
    const order = this.#added++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // A later number comes after an equal time.
      if ((this.#times[parent] ?? 0) <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, time, order, item);
  }

  /** Removes the earliest item. @throws RangeError if there is none. */
  take(): number {
    if (this.#size === 0) throw new RangeError('the heap is empty');
    const first = this.#items[0] ?? 0;
    const last = --this.#size;
    const [time, order, item] = [this.#times[last] ?? 0, this.#orders[last] ?? 0, this.#items[last] ?? 0];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(child + 1, child)) child++;
      const childTime = this.#times[child] ?? 0;
      if (time < childTime || (time === childTime && order < (this.#orders[child] ?? 0))) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, time, order, item);
    return first;
  }

  /** Changes the times of all numbers. @param change returns the new time; called in the order of the old ones. */
  retime(change: (item: number, time: number) => number): void {
    const all: (readonly [time: number, item: number])[] = [];
    while (this.#size > 0) {
      const { next } = this;
      const item = this.take();
      all.push([change(item, next), item]);
    }
    for (const [time, item] of all) this.add(time, item);
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#times[one] ?? 0, this.#times[other] ?? 0];
    return a < b || (a === b && (this.#orders[one] ?? 0) < (this.#orders[other] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] ?? 0, this.#orders[from] ?? 0, this.#items[from] ?? 0);
  }

  #put(at: number, time: number, order: number, item: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#items[at] = item;
  }

  #grow(): void {
    const length = 2 * this.#times.length;
    const [times, orders, items] = [
      new Float64Array(length),
      new Float64Array(length),
      new Int32Array(length),
    ];
    times.set(this.#times);
    orders.set(this.#orders);
    items.set(this.#items);
    [this.#times, this.#orders, this.#items] = [times, orders, items];
  }
}
