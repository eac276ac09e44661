import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { sdkPlanWith } from '../support/plans.ts';
import { single, someMachine, startTg, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

/** `--otlp`: a run as a trace, sent to a collector as OTLP in JSON over HTTP. */

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly events: { readonly name: string; readonly attributes: Span['attributes'] }[];
  readonly status: { readonly code: number; readonly message?: string };
}

async function someCollector(status = 200) {
  const spans: Span[] = [];
  const requests: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ url: request.url, headers: request.headers });
    for (const { scopeSpans } of JSON.parse(body).resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, requests };
}

const attributesOf = ({ attributes }: Pick<Span, 'attributes'>) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

function expectWithin(inner: Span, outer: Span): void {
  const times = [
    outer.startTimeUnixNano,
    inner.startTimeUnixNano,
    inner.endTimeUnixNano,
    outer.endTimeUnixNano,
  ];
  expect(times.map(BigInt)).toEqual(times.map(BigInt).toSorted((a, b) => (a < b ? -1 : 1)));
}

test('--otlp sends a span for the run, for each instance and for each stage', async () => {
  const { url, spans, requests } = await someCollector();
  const plan = await sdkPlanWith(
    `runenv.recordStageStart('warm-up');
     runenv.recordMessage('hello ' + runenv.stringParam('token'));
     runenv.recordStageEnd('warm-up');
     runenv.recordStageStart('never ends');
     if (init.globalSeq === 2) throw new Error('oops');`,
    { params: 'token = { type = "string", secret = true, default = "" }' },
  );
  const machine = await someMachine({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x' });
  const run = await tg(machine, single(plan, '-i', '3', '--otlp', url, '--tp', 'token=very-secret'));
  expect([run.code, run.stderr]).toEqual([1, '']);
  expect(requests[0]).toMatchObject({ url: '/v1/traces', headers: { authorization: 'Bearer x' } });
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const [root, ...others] = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  expect([root?.name, others]).toEqual(['p:t', []]);
  expect(attributesOf(root as Span)).toMatchObject({
    'tg.run_id': run.runId,
    'tg.outcome': 'failure',
    'tg.plan': 'p',
  });
  const instances = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
  expect(instances.map(({ name }) => name).sort()).toEqual(['single[000]', 'single[001]', 'single[002]']);
  const failed = instances.filter(({ status }) => status.code === 2);
  expect(failed).toHaveLength(1);
  expect(attributesOf(failed[0] as Span)).toMatchObject({ 'process.exit.code': 1, 'tg.group': 'single' });
  expect(failed[0]?.events.some(({ name }) => name === 'exception')).toBe(true);
  expect(root?.status).toEqual({ code: 2, message: 'failure' });
  expect(root?.events.map((event) => [event.name, attributesOf(event)['message']])).toEqual([
    ['not passed', `${failed[0]?.name} failed: oops`],
  ]);
  for (const instance of instances) {
    const { spanId, events } = instance;
    const stages = spans.filter(({ parentSpanId }) => parentSpanId === spanId);
    expect(stages.map(({ name }) => name).sort()).toEqual(['never ends', 'warm-up']);
    expectWithin(instance, root as Span);
    // A stage without an end ends with its instance.
    for (const stage of stages) expectWithin(stage, instance);
    const words = events.map((event) => attributesOf(event)['message']);
    expect(words).toContain('hello ***');
  }
});

test('sends the span of an instance that has ended while the run is in progress', async () => {
  const { url, spans } = await someCollector();
  const machine = await someMachine();
  const plan = await sdkPlanWith(
    `if (init.globalSeq === 2) await new Promise((resolve) => setTimeout(resolve, 600_000));`,
  );
  const run = startTg(machine, single(plan, '-i', '2', '--otlp', url));
  await until(() => spans.length > 0);
  expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
    [expect.stringMatching(/^single\[00\d\]$/), 0],
  ]);
  run.kill('SIGINT');
  expect((await run).exitCode).toBe(130);
  expect(spans.map(({ name }) => name).sort()).toEqual(['p:t', 'single[000]', 'single[001]']);
});

test('a collector that rejects the trace causes a warning and fails no run; a bad URL exits 2', async () => {
  const { url } = await someCollector(400);
  const machine = await someMachine();
  const run = await tg(machine, ['run', 'single', '-p', 'example', '-t', 'output', '--otlp', url]);
  expect([run.code, run.stdout]).toEqual([
    0,
    expect.stringMatching(/WARN\t2 spans could not be sent to http:\/\/127\.0\.0\.1:\d+ \(/),
  ]);
  const wrong = await tg(machine, ['run', 'single', '-p', 'example', '-t', 'output', '--otlp', 'nowhere']);
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('not the URL of an OpenTelemetry collector'),
  ]);
});
