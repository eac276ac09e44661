import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nowNs } from '../clock.ts';
import { Counter, Ewma, Gauge, Histogram, type Instrument, Meter, Timer } from './instruments.ts';

/**
 * A set of metrics and the file they are written to, as JSON lines `{"ts":…,"type":…,"name":…,"measures":{…}}`.
 * Points are written immediately; other metrics at each interval and once more at the end.
 */
export class Metrics {
  readonly #file: string | undefined;
  readonly #instruments = new Map<string, Instrument>();
  #timer: NodeJS.Timeout | undefined;
  #everyMs: number;

  /** @param outputs the folder of the file; empty (outside a run) to write nothing. */
  constructor(outputs: string, name: string, everyMs: number) {
    this.#everyMs = everyMs;
    this.#file = outputs !== '' && existsSync(outputs) ? join(outputs, name) : undefined;
    if (this.#file !== undefined) writeFileSync(this.#file, '');
  }

  /** Writes one value immediately. */
  recordPoint(name: string, value: number): void {
    this.#write('point', name, { value });
  }

  /** A counter; it is reset after each write. */
  counter(name: string): Counter {
    return this.#instrument(name, Counter, () => new Counter());
  }

  /** Holds the last value. */
  gauge(name: string): Gauge {
    return this.#instrument(name, Gauge, () => new Gauge());
  }

  /** A gauge whose value is computed at each write. */
  gaugeF(name: string, read: () => number): Gauge {
    return this.#instrument(name, Gauge, () => new Gauge(read));
  }

  /** The distribution of values, from a uniform sample of at most `reservoir` values. */
  histogram(name: string, reservoir = 1_028): Histogram {
    return this.#instrument(name, Histogram, () => new Histogram(reservoir));
  }

  /** Rates in events per second: over the last 1, 5 and 15 minutes, and since the beginning. */
  meter(name: string): Meter {
    return this.#instrument(name, Meter, () => new Meter());
  }

  /** The distribution of durations, and their rates. */
  timer(name: string): Timer {
    return this.#instrument(name, Timer, () => new Timer());
  }

  /** An exponentially weighted moving average of events per second. */
  ewma(name: string, alpha: number): Ewma {
    return this.#instrument(name, Ewma, () => new Ewma(alpha));
  }

  /** Sets the interval between writes, in milliseconds. */
  setFrequency(everyMs: number): void {
    this.#everyMs = everyMs;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#instruments.size > 0) this.#startTimer();
  }

  /** Writes all metrics once more and stops. */
  close(): void {
    clearInterval(this.#timer);
    this.#writeAll();
    this.#instruments.clear();
  }

  #instrument<T extends Instrument>(
    name: string,
    kind: abstract new (...args: never[]) => T,
    make: () => T,
  ): T {
    const known = this.#instruments.get(name);
    if (known instanceof kind) return known;
    if (known !== undefined) throw new Error(`metric "${name}" is a ${known.type} already`);
    const made = make();
    this.#instruments.set(name, made);
    if (this.#timer === undefined) this.#startTimer();
    return made;
  }

  #startTimer(): void {
    // Metrics alone do not keep the process alive.
    this.#timer = setInterval(() => this.#writeAll(), this.#everyMs).unref();
  }

  #writeAll(): void {
    for (const [name, instrument] of this.#instruments)
      this.#write(instrument.type, name, instrument.measures());
  }

  #write(type: string, name: string, measures: Readonly<Record<string, number>>): void {
    if (this.#file === undefined) return;
    appendFileSync(this.#file, `{"ts":${nowNs()},${JSON.stringify({ type, name, measures }).slice(1)}\n`);
  }
}
