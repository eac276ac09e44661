/** Counts how many runs are active at the same time. */
export class ActiveRuns {
  /** The greatest number so far. */
  most = 0;
  readonly #active = new Set<ActiveRun>();

  /** Counts another run. @returns a handle to dispose of when it has ended. */
  begin(): ActiveRun {
    const run = new ActiveRun(this.#active);
    this.#active.add(run);
    for (const each of this.#active) each.most = Math.max(each.most, this.#active.size);
    this.most = Math.max(this.most, this.#active.size);
    return run;
  }
}

/** A run, until it is disposed of. */
class ActiveRun implements Disposable {
  /** The greatest number of runs at the same time while it was active, itself included. */
  most = 1;
  readonly #active: Set<ActiveRun>;

  constructor(active: Set<ActiveRun>) {
    this.#active = active;
  }

  [Symbol.dispose](): void {
    this.#active.delete(this);
  }
}
