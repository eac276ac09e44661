/** Counts the runs at the same time. */
export class SideBySide {
  /** The greatest number so far. */
  most = 0;
  readonly #active = new Set<Counted>();

  /** Counts a run in. @returns a handle to dispose of when it has ended. */
  enter(): Counted {
    const run = new Counted(this.#active);
    this.#active.add(run);
    for (const each of this.#active) each.most = Math.max(each.most, this.#active.size);
    this.most = Math.max(this.most, this.#active.size);
    return run;
  }
}

/** A run that is counted. */
class Counted implements Disposable {
  /** The greatest number of runs at the same time while it was active, itself included. */
  most = 1;
  readonly #active: Set<Counted>;

  constructor(active: Set<Counted>) {
    this.#active = active;
  }

  [Symbol.dispose](): void {
    this.#active.delete(this);
  }
}
