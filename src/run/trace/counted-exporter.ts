import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** The timeout of a request to the collector, in ms. */
const timeoutMs = 5_000;

/** Sends spans to a collector as JSON over HTTP, and counts rejected spans. */
export class CountedExporter implements SpanExporter {
  readonly #exporter: OTLPTraceExporter;
  #lost = 0;
  #why = '';

  /**
   * @param url the collector's traces endpoint.
   * @param headers sent in addition to those of OTEL_EXPORTER_OTLP_HEADERS.
   */
  constructor(url: string, headers: Record<string, string>) {
    this.#exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: timeoutMs });
  }

  /** The number of lost spans, and why the last of them was lost. */
  get lost(): { readonly spans: number; readonly why: string } {
    return { spans: this.#lost, why: this.#why };
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#exporter.export(spans, (result) => {
      if (result.error !== undefined) {
        this.#lost += spans.length;
        this.#why = result.error.message;
      }
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
