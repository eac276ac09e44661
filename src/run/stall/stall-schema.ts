import * as z from 'zod';
import type { StallSnapshot } from './stall-record.ts';

const described = z.strictObject({
  group: z.string(),
  index: z.int().describe('its number in the group, from 0'),
  words: z.string().describe('what it does, or how it ended, and its last output'),
});

const wait = z.strictObject({
  kind: z.enum(['barrier', 'topic']),
  name: z.string().describe('the state or topic, as the plan calls it'),
  count: z.int().describe('how often the state was signalled; how many messages the topic holds'),
  target: z.int().nullable().describe('null for a topic, and where only the plan knows it'),
  for_ms: z.int().describe('how long the first of them has waited'),
  waiting: z.string().describe('who waits there: single[0-4,7]'),
  missing: z.string().describe('who has not signalled that state; empty for a topic'),
  absent: z.array(described.readonly()).readonly().describe('the first of those that are missing'),
});

/**
 * A stall snapshot: which instances wait for what, and which instances they wait for. Its size is bounded, whatever
 * the size of the run.
 */
export const stallSnapshotSchema: z.ZodType<StallSnapshot> = z.strictObject({
  running: z.int().describe('how many instances have not ended'),
  waits: z.array(wait.readonly()).readonly().describe('those at which most wait first'),
  more_waits: z.int().describe('how many more things are waited for'),
  elsewhere: z.string().describe('the instances that run and do not wait at the sync service'),
  busy: z.array(described.readonly()).readonly().describe('the first of those'),
});
