import { quantileSorted, standardDeviation, variance } from 'simple-statistics';

/** A metric. The names of types and measures are those of the Go SDK (runtime/metrics_types.go). */
export interface Instrument {
  readonly type: 'counter' | 'ewma' | 'gauge' | 'histogram' | 'meter' | 'timer';
  measures(): Record<string, number>;
}

export class Counter implements Instrument {
  readonly type = 'counter';
  #count = 0;

  inc(by = 1): void {
    this.#count += by;
  }

  dec(by = 1): void {
    this.#count -= by;
  }

  /** As in the Go SDK, a count starts again after each write. */
  measures(): Record<string, number> {
    const count = this.#count;
    this.#count = 0;
    return { count };
  }
}

export class Gauge implements Instrument {
  readonly type = 'gauge';
  #read: () => number;

  constructor(read: () => number = () => 0) {
    this.#read = read;
  }

  update(value: number): void {
    this.#read = () => value;
  }

  measures(): Record<string, number> {
    return { value: this.#read() };
  }
}

const percentiles = { p50: 0.5, p75: 0.75, p95: 0.95, p99: 0.99, p999: 0.999, p9999: 0.9999 };

export class Histogram implements Instrument {
  readonly type = 'histogram';
  readonly #reservoir: number;
  readonly #sample: number[] = [];
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(reservoir: number) {
    this.#reservoir = reservoir;
  }

  /**
   * Reservoir sampling (Vitter's algorithm R): every value is in the sample with equal probability. Minimum,
   * maximum and mean cover all values.
   */
  update(value: number): void {
    this.#count++;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    if (this.#sample.length < this.#reservoir) {
      this.#sample.push(value);
      return;
    }
    const place = Math.floor(Math.random() * this.#count);
    if (place < this.#reservoir) this.#sample[place] = value;
  }

  measures(): Record<string, number> {
    const count = this.#count;
    if (count === 0) return { count };
    const sorted = this.#sample.toSorted((a, b) => a - b);
    const quantiles = Object.entries(percentiles).map(
      ([name, p]) => [name, quantileSorted(sorted, p)] as const,
    );
    return {
      count,
      max: this.#max,
      mean: this.#sum / count,
      min: this.#min,
      stddev: standardDeviation(sorted),
      variance: variance(sorted),
      ...Object.fromEntries(quantiles),
    };
  }
}

const tickMs = 5_000;

export class Ewma implements Instrument {
  readonly type = 'ewma';
  readonly #alpha: number;
  #uncounted = 0;
  #ratePerMs: number | undefined;
  #lastTick = performance.now();

  constructor(alpha: number) {
    this.#alpha = alpha;
  }

  update(count: number): void {
    this.#tick();
    this.#uncounted += count;
  }

  /** Events per second. */
  rate(): number {
    this.#tick();
    return (this.#ratePerMs ?? 0) * 1_000;
  }

  measures(): Record<string, number> {
    return { rate: this.rate() };
  }

  /** As in Unix load averages, the average is updated every five seconds. */
  #tick(): void {
    for (; performance.now() - this.#lastTick >= tickMs; this.#lastTick += tickMs) {
      const instant = this.#uncounted / tickMs;
      this.#uncounted = 0;
      this.#ratePerMs =
        this.#ratePerMs === undefined ? instant : this.#ratePerMs + this.#alpha * (instant - this.#ratePerMs);
    }
  }
}

const alphaOfMinutes = (minutes: number) => 1 - Math.exp(-tickMs / 60_000 / minutes);

export class Meter implements Instrument {
  readonly type = 'meter';
  readonly #rates = {
    m1: new Ewma(alphaOfMinutes(1)),
    m5: new Ewma(alphaOfMinutes(5)),
    m15: new Ewma(alphaOfMinutes(15)),
  };
  readonly #began = performance.now();
  #count = 0;

  mark(count = 1): void {
    this.#count += count;
    for (const rate of Object.values(this.#rates)) rate.update(count);
  }

  measures(): Record<string, number> {
    const { m1, m5, m15 } = this.#rates;
    const seconds = (performance.now() - this.#began) / 1_000;
    return { count: this.#count, m1: m1.rate(), m5: m5.rate(), m15: m15.rate(), mean: this.#count / seconds };
  }
}

export class Timer implements Instrument {
  readonly type = 'timer';
  readonly #durations = new Histogram(1_028);
  readonly #meter = new Meter();

  /** @param ns a duration in nanoseconds, as in the Go SDK. */
  update(ns: number): void {
    this.#durations.update(ns);
    this.#meter.mark();
  }

  /** Measures the duration of an operation. */
  async time<T>(work: () => Promise<T> | T): Promise<T> {
    const began = process.hrtime.bigint();
    try {
      return await work();
    } finally {
      this.update(Number(process.hrtime.bigint() - began));
    }
  }

  measures(): Record<string, number> {
    const { count: _, mean: meanrate = 0, ...rates } = this.#meter.measures();
    return { ...this.#durations.measures(), ...rates, meanrate };
  }
}
