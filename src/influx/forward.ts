import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, TgError } from '../errors.ts';
import { shortened } from '../shortened.ts';

/** How long, in ms, a server may take for one request, and for the last ones when the run has ended. */
const patience = { request: 5_000, atEnd: 15_000 };
/** So often a batch is tried, with these pauses, in ms, before it is given up. */
const pauses = [200, 1_000, 3_000];
/** So many points are sent at once. */
const batchSize = 5_000;
const database = 'testground';

/**
 * Sends points on to an InfluxDB 1.x, in the background and in order. What cannot be sent is counted, not waited for: the
 * points are in the run's outputs.
 */
export class Forwarder implements AsyncDisposable {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #warn: (text: string) => void;
  readonly #ending = new AbortController();
  #pending: (readonly string[])[] = [];
  #sending: Promise<void> | undefined;
  #busy = false;
  #lost = 0;
  #why = '';

  private constructor(url: URL, warn: (text: string) => void) {
    const { username, password } = url;
    this.#headers =
      username === ''
        ? {}
        : {
            authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
          };
    this.#url = `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`;
    this.#warn = warn;
  }

  /**
   * @param warn is told at the end what was lost.
   * @throws TgError (environment) when no InfluxDB answers there.
   */
  static async open(url: string, warn: (text: string) => void): Promise<Forwarder> {
    const forwarder = new Forwarder(new URL(url), warn);
    try {
      await forwarder.#post(`/query?q=${encodeURIComponent(`CREATE DATABASE ${database}`)}`, '');
    } catch (cause) {
      throw new TgError(
        'environment',
        `the InfluxDB at ${forwarder.#url} cannot be used: ${messageOf(cause)}`,
        {
          hint: 'Start it, correct --influxdb, or leave it out: metrics are kept in the outputs all the same.',
          cause,
        },
      );
    }
    return forwarder;
  }

  /** Takes points with timestamps in ns. */
  send(lines: readonly string[]): void {
    this.#pending.push(lines);
    if (!this.#busy) this.#sending = this.#sendAll();
  }

  /** Sends what is left, for as long as that may take. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#ending.abort(new Error('the run has ended')), patience.atEnd);
    while (this.#busy) await this.#sending;
    clearTimeout(timer);
    if (this.#lost === 0) return;
    this.#warn(
      `${this.#lost} metric points could not be forwarded to ${this.#url} (${this.#why}); they are in the outputs`,
    );
  }

  async #sendAll(): Promise<void> {
    this.#busy = true;
    while (this.#pending.length > 0) {
      const lines = this.#pending.flat();
      this.#pending = [];
      for (let from = 0; from < lines.length; from += batchSize)
        await this.#sendOrCount(lines.slice(from, from + batchSize));
    }
    // In the same turn as the last look: whatever comes now begins anew.
    this.#busy = false;
  }

  async #sendOrCount(batch: readonly string[]): Promise<void> {
    try {
      await this.#sendPatiently(batch);
    } catch (error) {
      this.#why = messageOf(error);
      // A partial write has taken the others.
      const [, dropped] = /\bdropped=(\d+)/.exec(this.#why) ?? [];
      this.#lost += dropped === undefined ? batch.length : Number(dropped);
    }
  }

  async #sendPatiently(lines: readonly string[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#post(`/write?db=${database}&precision=ns`, lines.join('\n'));
      } catch (error) {
        const pause = pauses[attempt];
        if (pause === undefined || error instanceof Refused || this.#ending.signal.aborted) throw error;
        await delay(pause, undefined, { signal: this.#ending.signal });
      }
    }
  }

  async #post(path: string, body: string): Promise<void> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(patience.request)]);
    const response = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      body,
      headers: this.#headers,
      signal,
    }).catch((error: unknown) => {
      throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
    });
    const said = await response.text();
    if (response.ok) return;
    const text = `status ${response.status}${said.trim() === '' ? '' : `: ${shortened(said.trim(), 300)}`}`;
    throw response.status < 500 ? new Refused(text) : new Error(text);
  }
}

/** The server took the request and does not want it: no use in trying again. */
class Refused extends Error {}
