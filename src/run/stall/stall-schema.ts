import * as z from 'zod';
import type { StallSnapshot } from './stall-record.ts';

const described = z.strictObject({
  group: z.string(),
  index: z.int().describe('its number in the group, from 0'),
  text: z.string().describe('what it does, or how it ended, and its last output'),
});

const wait = z.strictObject({
  kind: z.enum(['barrier', 'topic']),
  name: z.string().describe('the state or topic, as the plan calls it'),
  count: z.int().describe('number of signals of the state, or of messages in the topic'),
  target: z.int().nullable().describe('null for a topic, and if only the plan knows it'),
  for_ms: z.int().describe('how long the longest wait there has lasted'),
  waiting: z.string().describe('the instances that wait there: single[0-4,7]'),
  missing: z.string().describe('the instances that have not signalled the state; empty for a topic'),
  absent: z.array(described.readonly()).readonly().describe('the first of the missing instances'),
});

/**
 * A stall snapshot: which instances wait for what, and which instances they wait for. Its size is bounded, whatever
 * the size of the run.
 */
export const stallSnapshotSchema: z.ZodType<StallSnapshot> = z.strictObject({
  running: z.int().describe('number of instances that have not ended'),
  waits: z.array(wait.readonly()).readonly().describe('barriers and topics, those with most waiters first'),
  more_waits: z.int().describe('number of further barriers and topics'),
  elsewhere: z.string().describe('the instances that run and do not wait at the sync service'),
  busy: z.array(described.readonly()).readonly().describe('the first of those'),
});
