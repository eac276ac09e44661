import * as z from 'zod';
import { type DataKeys, runSpecDataKeys, toCamelCase, toSnakeCase } from '../util/key-case.ts';
import { faultSpecSchema } from './fault/fault-spec-schema.ts';
import { expectations, type RunSpec } from './run-spec.ts';
import { statNames } from './threshold.ts';

/** The keys of a RunSpec, and of the files that contain one, whose values are data of plans and users. */
const planData: DataKeys = new Set([...runSpecDataKeys, 'artifacts', 'versions', 'flags']);

/** Serializes data with RunSpecs as JSON: undefined values become null, and are parsed as undefined again. */
export function jsonWithRunSpecs(data: unknown, indent?: number): string {
  const orNull = (_: string, value: unknown) => (value === undefined ? null : value);
  return JSON.stringify(toSnakeCase(data, planData), orNull, indent);
}

/** Parses JSON with RunSpecs, before its schema is applied. Earlier versions wrote keys in camelCase. */
export function parseWithRunSpecs(text: string): unknown {
  return toCamelCase(JSON.parse(text), planData);
}

/** Accepts null for undefined. */
function orUndefined<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable().transform((value) => value ?? undefined);
}

/** Earlier versions had a sidecar `strict`: `noop` with the policy to fail. */
const sidecarSchema = z
  .enum(['none', 'noop', 'apply', 'strict'])
  .transform((mode) => (mode === 'strict' ? 'noop' : mode));

const texts = z.record(z.string(), z.string());

const dependencySchema = z.strictObject({
  module: z.string(),
  target: orUndefined(z.string()),
  version: orUndefined(z.string()),
});

const groupSchema = z.strictObject({
  id: z.string(),
  of: z.string(),
  role: z.string(),
  // Missing in bundles of earlier versions.
  askedBuilder: z
    .string()
    .nullish()
    .transform((name) => name ?? undefined),
  instances: z.int().min(0),
  build: z.strictObject({
    builder: z.string(),
    config: texts,
    selectors: z.array(z.string()),
    dependencies: z.array(dependencySchema),
    linkSdk: orUndefined(z.string()),
    coverage: z.boolean(),
  }),
  artifact: orUndefined(z.string()),
  sidecar: sidecarSchema,
  // Missing in bundles of earlier versions.
  resources: z
    .strictObject({ memory: orUndefined(z.string()), cpu: orUndefined(z.string()) })
    .nullish()
    .transform((resources) => resources ?? undefined),
  params: texts,
  secrets: z.array(z.string()),
  profiles: texts,
  expect: z.enum(expectations),
  origins: z.strictObject({
    instances: z.string(),
    builder: z.string(),
    buildConfig: texts,
    params: texts,
    profiles: texts,
  }),
});

/** The fields of a Threshold in all schemas. */
export const thresholdFields = {
  metric: z.string(),
  stat: z.enum(statNames),
  below: z.number().nullable(),
  above: z.number().nullable(),
  group: z.string().nullable().describe('null for all instances together'),
};

const thresholdSchema = z
  .strictObject(thresholdFields)
  .refine(({ below, above }) => below !== null || above !== null, { message: 'must have a bound' });

/** Values that bundles of earlier versions had in other places. */
const earlierConfig = {
  exposedPorts: z.array(z.string()).nullish(),
  sidecar: orUndefined(z.enum(['none', 'noop', 'apply', 'strict'])),
};

const configSchema = z
  .strictObject({
    ...earlierConfig,
    timeoutMs: orUndefined(z.number()),
    stallAfterMs: z.number(),
    maxOutput: orUndefined(z.number()),
    sync: z.discriminatedUnion('store', [
      z.strictObject({ store: z.literal('memory') }),
      z.strictObject({ store: z.literal('redis'), url: orUndefined(z.string()) }),
    ]),
    unapplied: z.enum(['report', 'fail']).optional(),
    influxdb: orUndefined(z.string()),
    // Missing in bundles of earlier versions.
    otlp: z
      .string()
      .nullish()
      .transform((url) => url ?? undefined),
    runner: z.record(z.string(), z.unknown()).optional(),
  })
  .transform(({ exposedPorts, sidecar, unapplied, runner, ...config }) => ({
    ...config,
    sidecar: sidecar === 'strict' ? ('noop' as const) : sidecar,
    unapplied: unapplied ?? (sidecar === 'strict' ? ('fail' as const) : ('report' as const)),
    runner:
      runner ??
      (exposedPorts ? { exposed_ports: exposedPorts.map((name) => name.replace(/_PORT$/, '')) } : {}),
  }));

/** A RunSpec as stored in the bundle of a run. */
export const runSpecSchema: z.ZodType<RunSpec> = z
  .strictObject({
    runId: z.string(),
    name: z.string(),
    // Missing in bundles of earlier versions, as are the next three.
    of: z.string().nullish(),
    point: texts.nullish(),
    labels: z.array(z.string()).nullish(),
    series: z.strictObject({ id: z.string(), round: z.int().min(1) }).nullish(),
    plan: z.strictObject({ name: z.string(), dir: z.string(), sdk: orUndefined(z.boolean()) }),
    testCase: z.string(),
    runner: z.string(),
    // Missing in bundles of earlier versions.
    askedRunner: z
      .string()
      .nullish()
      .transform((name) => name ?? undefined),
    groups: z.array(groupSchema),
    totalInstances: z.int(),
    seed: z.string(),
    config: configSchema,
    configOrigins: texts,
    refused: orUndefined(z.string()),
    disableMetrics: z.boolean(),
    // Missing in bundles of earlier versions.
    metricUnits: texts.default({}),
    // Missing in bundles of earlier versions.
    thresholds: z.array(thresholdSchema).default([]),
    // Missing in bundles of earlier versions.
    faults: z.array(faultSpecSchema).default([]),
    // Missing in bundles of earlier versions.
    attachments: z.array(z.strictObject({ pattern: z.string(), type: orUndefined(z.string()) })).default([]),
    metadata: z.strictObject({ repo: z.string(), branch: z.string(), commit: z.string() }),
    notes: z.array(z.string()),
  })
  .transform(({ of, point, labels, series, ...spec }) => ({
    ...spec,
    of: of ?? spec.name,
    point: point ?? {},
    labels: labels ?? [],
    series: series ?? undefined,
  }));
