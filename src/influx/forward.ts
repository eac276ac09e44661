import { setTimeout as delay } from 'node:timers/promises';
import { basicAuth } from '../util/basic-auth.ts';
import { messageOf, TgError } from '../util/errors.ts';
import { redactUrl, withoutUrlSecrets } from '../util/redact-url.ts';
import { truncate } from '../util/truncate.ts';
import { type Batch, PointQueue } from './point-queue.ts';

/** Timeouts in ms, for one request, and for the last ones after the run has ended. */
const timeoutsMs = { request: 5_000, atEnd: 15_000 };
/** The pauses before each retry of a batch, in ms; after the last retry it is dropped. */
const pauses = [200, 1_000, 3_000];
/** The limit on bytes of points queued for a slow or unreachable server; points beyond it are lost to the server. */
const maxQueuedBytes = 64 * 1024 * 1024;
/** How many bytes of a response are read. */
const maxResponseBytes = 64 * 1024;
const database = 'testground';

/**
 * Forwards points to an InfluxDB 1.x, in the background and in order. Undeliverable points are counted and do not
 * block: the run's outputs contain them.
 */
export class Forwarder implements AsyncDisposable {
  /** As given; never part of a message, because it may contain secrets. */
  readonly #url: URL;
  readonly #headers: Record<string, string>;
  readonly #warn: (text: string) => void;
  readonly #ending = new AbortController();
  readonly #queue = new PointQueue(maxQueuedBytes);
  #sending: Promise<void> | undefined;
  #busy = false;
  /**
   * The number of points that the server did not accept, and the last reason; then the number of points that did not
   * fit in the queue.
   */
  #lost = 0;
  #why = '';
  #dropped = 0;

  private constructor(url: URL, warn: (text: string) => void) {
    this.#url = url;
    this.#headers = basicAuth(url);
    this.#warn = warn;
  }

  /**
   * @param warn receives a description of lost points at the end.
   * @throws TgError (environment) when no InfluxDB answers there.
   */
  static async open(url: string, warn: (text: string) => void): Promise<Forwarder> {
    const forwarder = new Forwarder(new URL(url), warn);
    try {
      await forwarder.#post(`/query?q=${encodeURIComponent(`CREATE DATABASE ${database}`)}`, '');
    } catch (cause) {
      throw new TgError(
        'environment',
        `the InfluxDB at ${redactUrl(url)} cannot be used: ${forwarder.#messageOf(cause)}`,
        {
          hint: 'Start it, correct --influxdb, or leave it out: the outputs contain the metrics in any case.',
          cause,
        },
      );
    }
    return forwarder;
  }

  /** Queues points with timestamps in ns, as far as there is room. */
  send(lines: readonly string[]): void {
    for (const line of lines) if (!this.#queue.add(line)) this.#dropped++;
    if (!this.#busy) this.#sending = this.#sendAll();
  }

  /** Flushes the queue within the timeout. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#ending.abort(new Error('the run has ended')), timeoutsMs.atEnd);
    while (this.#busy) await this.#sending;
    clearTimeout(timer);
    const lost = this.#lost + this.#dropped;
    if (lost === 0) return;
    const reasons = [
      ...(this.#lost === 0 ? [] : [this.#why]),
      ...(this.#dropped === 0
        ? []
        : [`${this.#dropped} dropped: more than ${maxQueuedBytes / 1024 ** 2} MiB were waiting to be sent`]),
    ];
    this.#warn(
      `${lost} metric points could not be forwarded to ${redactUrl(this.#url.href)} (${reasons.join('; ')}); they are in the outputs`,
    );
  }

  async #sendAll(): Promise<void> {
    this.#busy = true;
    for (let batch = this.#queue.take(); batch !== undefined; batch = this.#queue.take())
      await this.#sendOrCount(batch);
    // In the same turn as the last check: points added from now on start the loop again.
    this.#busy = false;
  }

  async #sendOrCount(batch: Batch): Promise<void> {
    try {
      await this.#sendWithRetries(batch);
    } catch (error) {
      this.#why = this.#messageOf(error);
      // After a partial write the server has stored the others.
      const [, dropped] = /\bdropped=(\d+)/.exec(this.#why) ?? [];
      this.#lost += dropped === undefined ? batch.points : Number(dropped);
    }
  }

  /** A response from a server or a proxy may quote the request. */
  #messageOf(error: unknown): string {
    return withoutUrlSecrets(messageOf(error), this.#url.href);
  }

  async #sendWithRetries({ body }: Batch): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#post(`/write?db=${database}&precision=ns`, body);
      } catch (error) {
        const pause = pauses[attempt];
        if (pause === undefined || error instanceof Refused || this.#ending.signal.aborted) throw error;
        await delay(pause, undefined, { signal: this.#ending.signal });
      }
    }
  }

  /** Keeps the query of the given URL: `u` and `p`, for instance. */
  #addressOf(path: string): string {
    const { protocol, host, pathname, search } = this.#url;
    return `${protocol}//${host}${pathname.replace(/\/$/, '')}${path}${search.replace('?', '&')}`;
  }

  async #post(path: string, body: string | Buffer): Promise<void> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(timeoutsMs.request)]);
    const response = await fetch(this.#addressOf(path), {
      method: 'POST',
      body,
      headers: this.#headers,
      signal,
    }).catch((error: unknown) => {
      throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
    });
    const said = await beginningOf(response);
    if (response.ok) return;
    const text = `status ${response.status}${said.trim() === '' ? '' : `: ${truncate(said.trim(), 300)}`}`;
    throw response.status < 500 ? new Refused(text) : new Error(text);
  }
}

/** The server rejected the request; a retry is useless. */
class Refused extends Error {}

/** The beginning of a response body. */
async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    if (size > maxResponseBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
