import { join } from 'node:path';
import * as z from 'zod';
import type { Home } from '../../os/home.ts';
import { outcomes } from '../verdict/outcomes.ts';

/** The values of a setting that differs between the runs of a series. */
const axis = z.strictObject({ name: z.string(), values: z.array(z.string()) });

const statistics = z.strictObject({
  count: z.number(),
  mean: z.number(),
  min: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
});

/** A metric of a run, over all its instances. */
const metric = z.strictObject({ name: z.string(), ...statistics.shape });

const header = z.object({
  type: z.literal('series'),
  version: z.literal(1),
  id: z.string(),
  at: z.iso.datetime(),
  plan: z.string(),
  case: z.string(),
  labels: z.array(z.string()),
  axes: z.array(axis),
  /** The number of rounds; null to repeat until a run fails. */
  rounds: z.int().nullable(),
  /** The number of runs in a round. */
  runs: z.int(),
});

const run = z.object({
  type: z.literal('run'),
  at: z.iso.datetime(),
  /** Null for a run that did not start. */
  run_id: z.string().nullable(),
  name: z.string(),
  of: z.string(),
  point: z.record(z.string(), z.string()),
  round: z.int(),
  seed: z.string(),
  instances: z.int(),
  outcome: z.enum(outcomes),
  /** The first reason why it did not succeed; empty if it did. */
  reason: z.string(),
  /** The same for all runs with the same cause, whichever instance it is about. */
  cause: z.string(),
  /** Whether the outcome judges the plan: neither an interrupt nor the machine ended the run. */
  judged: z.boolean(),
  /** Null for a run that did not start. */
  took_ms: z.number().nullable(),
  metrics: z.array(metric),
});

const end = z.object({ type: z.literal('ended'), at: z.iso.datetime(), cut_short: z.boolean() });

/** The lines of the record of a series. */
export const seriesLineSchema = z.discriminatedUnion('type', [header, run, end]);

export type SeriesHeader = z.output<typeof header>;
export type SeriesEntry = z.output<typeof run>;
export type SeriesMetric = z.output<typeof metric>;
export type SeriesLine = z.output<typeof seriesLineSchema>;

/** The file in which a series is recorded. */
export function seriesFile(home: Home, id: string): string {
  return join(home.series, `${id}.ndjson`);
}

/** Whether a text can be the ID of a series. */
export function isSeriesId(text: string): boolean {
  return /^s[0-9a-v]{20}$/.test(text);
}
