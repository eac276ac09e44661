import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { nowMs } from '../../os/clock.ts';
import { packageVersion } from '../../os/own-package.ts';
import { endingKinds } from '../../plan/fault/fault.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { basicAuth } from '../../util/basic-auth.ts';
import { redactUrl, withoutUrlSecrets } from '../../util/redact-url.ts';
import { beginningOf } from '../../util/truncate.ts';
import { causeTitles } from '../causes/cause-text.ts';
import { causesIn } from '../causes/rank-causes.ts';
import type { RunEvent } from '../events/events.ts';
import type { RunResult } from '../verdict/result.ts';
import { CountedExporter } from './counted-exporter.ts';

/** At most this many spans wait to be sent: a large run ends all its instances at once. */
const maxQueuedSpans = 200_000;

/** At most this many failed instances and thresholds are named. */
const maxReported = 100;
/** Longer messages of instances are truncated. */
const maxMessageCharacters = 2_000;
/** At most this many open stages of an instance have a span. */
const maxStages = 1_000;
/** How often, in ms, ended spans are sent. */
const everyMs = 1_000;

/** A running instance and its open stages. */
interface Running {
  readonly span: Span;
  readonly context: Context;
  readonly stages: Map<string, Span>;
  /** Whether a fault was to end it, and has not let it run again. */
  isToEnd: boolean;
}

/**
 * A run as an OpenTelemetry trace: a span for the run, a child span for each instance, and below that one for each
 * stage. Messages of instances are events of their spans.
 */
export class RunTrace implements AsyncDisposable {
  readonly #exporter: CountedExporter;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #url: string;
  readonly #warn: (text: string) => void;
  readonly #instances = new Map<string, Running>();
  #run: Span | undefined;

  /**
   * @param url a collector: `http://host:4318`, or with the path of its traces endpoint.
   * @param warn called at the end if spans were lost.
   */
  constructor(url: string, warn: (text: string) => void) {
    const given = new URL(url);
    const { origin, pathname, search } = given;
    this.#url = url;
    this.#warn = warn;
    this.#exporter = new CountedExporter(
      `${origin}${pathname === '/' ? '/v1/traces' : pathname}${search}`,
      basicAuth(given),
    );
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'tg', 'service.version': packageVersion() }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: this.#exporter,
          maxQueueSize: maxQueuedSpans,
          scheduledDelayMillis: everyMs,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('tg', packageVersion());
  }

  /** Takes the events of one run, in order. */
  readonly onEvent = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-started': {
        const { spec } = event;
        const attributes = {
          'tg.run_id': spec.runId,
          'tg.plan': spec.plan.name,
          'tg.case': spec.testCase,
          'tg.instances': spec.totalInstances,
          'tg.seed': spec.seed,
        };
        this.#run = this.#tracer.startSpan(
          `${spec.plan.name}:${spec.testCase}`,
          { attributes, startTime: nowMs() },
          ROOT_CONTEXT,
        );
        break;
      }
      case 'instance-started':
        this.#begin(event.instance);
        break;
      case 'line':
        this.#said(event);
        break;
      case 'fault':
        this.#fault(event);
        break;
      case 'instance-exited':
        this.#end(event);
        break;
      case 'run-ended':
        this.#endRun(event.result);
        break;
    }
  };

  /** Flushes the remaining spans. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
    const { spans, why } = this.#exporter.lost;
    if (spans > 0)
      this.#warn(
        `${spans} spans could not be sent to ${redactUrl(this.#url)} (${withoutUrlSecrets(why, this.#url)})`,
      );
  }

  #begin(instance: InstanceId): void {
    const within = this.#run === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, this.#run);
    const attributes = { 'tg.group': instance.group, 'tg.instance': instance.index };
    const span = this.#tracer.startSpan(instanceTag(instance), { attributes, startTime: nowMs() }, within);
    this.#instances.set(instanceTag(instance), {
      span,
      context: trace.setSpan(within, span),
      stages: new Map(),
      isToEnd: false,
    });
  }

  #said({ instance, event, at }: Extract<RunEvent, { type: 'line' }>): void {
    const running = this.#instances.get(instanceTag(instance));
    if (running === undefined || event === undefined) return;
    const { span, context, stages } = running;
    switch (event.type) {
      case 'message':
        span.addEvent('message', { message: beginningOf(event.message, maxMessageCharacters) }, at);
        break;
      case 'failure':
      case 'crash': {
        const message = beginningOf(event.error, maxMessageCharacters);
        span.recordException({ name: event.type, message }, at);
        span.setStatus({ code: SpanStatusCode.ERROR, message });
        break;
      }
      case 'stage-start':
        stages.get(event.name)?.end(at);
        if (stages.size >= maxStages && !stages.has(event.name)) break;
        stages.set(event.name, this.#tracer.startSpan(event.name, { startTime: at }, context));
        break;
      case 'stage-end':
        stages.get(event.name)?.end(at);
        stages.delete(event.name);
        break;
    }
  }

  #fault(event: Extract<RunEvent, { type: 'fault' }>): void {
    if (event.did === 'fail') {
      this.#run?.addEvent('fault failed', { fault: event.text, why: event.why });
      return;
    }
    for (const instance of event.instances) {
      const running = this.#instances.get(instanceTag(instance));
      running?.span.addEvent(event.did === 'inject' ? 'fault injected' : 'fault undone', {
        fault: event.text,
      });
      if (running !== undefined && endingKinds.includes(event.kind)) running.isToEnd = event.did === 'inject';
    }
  }

  #end({ instance, code, signal }: Extract<RunEvent, { type: 'instance-exited' }>): void {
    const running = this.#instances.get(instanceTag(instance));
    if (running === undefined) return;
    const { span, stages } = running;
    const at = nowMs();
    for (const stage of stages.values()) stage.end(at);
    if (code !== null) span.setAttribute('process.exit.code', code);
    if (signal !== null) span.setAttribute('tg.signal', signal);
    // As a fault was to end it.
    const isFaulted = running.isToEnd && (signal === 'SIGKILL' || signal === 'SIGTERM');
    if (signal !== null && !isFaulted)
      span.recordException({ name: 'killed', message: `killed by ${signal}` });
    if (code !== 0 && !isFaulted)
      span.setStatus({ code: SpanStatusCode.ERROR, message: signal ?? `status ${code}` });
    span.end(at);
    this.#instances.delete(instanceTag(instance));
  }

  #endRun(result: RunResult): void {
    const { outcome } = result;
    for (const text of causeTitles(causesIn(result)).slice(0, maxReported))
      this.#run?.addEvent('not passed', { message: text });
    this.#run?.setAttribute('tg.outcome', outcome);
    if (outcome !== 'success') this.#run?.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
    this.#run?.end(nowMs());
  }
}
