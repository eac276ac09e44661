import * as z from 'zod';
import { directions, faultKinds, layouts } from './fault.ts';

const duration = z.string().min(1);

/** A fault as a composition, or `--fault`, has it: texts, which `readFault` reads. */
export const faultTableSchema = z.strictObject({
  kind: z
    .enum(faultKinds)
    .describe(
      'what it does: kill (SIGKILL), stop (SIGTERM, then SIGKILL), restart (killed, then started again), pause (it does nothing for a while), partition, disconnect, slow, lossy, nat-reset (of the network, with local:netns)',
    ),
  target: z
    .string()
    .min(1)
    .describe(
      'whom: all, servers, servers[0], signalled(state), first(state) or cue; some of them by chance: one:servers, 2:servers, half:, minority:, majority:',
    ),
  at: duration.optional().describe('when: this long after all instances were started, "5s"'),
  every: duration.optional().describe('when: again and again, with this time between'),
  jitter: duration.optional().describe('of `every`: how much earlier or later each time may be'),
  from: duration
    .optional()
    .describe('the earliest time; with `until` and without `every`: once between them, by chance'),
  until: duration.optional().describe('the latest time'),
  state: z.string().min(1).optional().describe('when: a state is signalled, by its name'),
  topic: z.string().min(1).optional().describe('when: a message is published to a topic, by its name'),
  value: z.unknown().optional().describe('of `topic`: what the message has at least, {term = 2}'),
  stage: z.string().min(1).optional().describe('when: an instance begins a stage, by its name'),
  edge: z.enum(['begin', 'end']).optional().describe('of `stage`: whether it begins (default) or ends'),
  line: z.string().min(1).optional().describe('when: an instance prints a line that has this text'),
  ended: z.string().min(1).optional().describe('when: one of these instances ends, as for target'),
  by: z.string().min(1).optional().describe('whose signals, messages, stages or lines count, as for target'),
  count: z.int().min(1).optional().describe('the cue must come this many times (default: 1)'),
  after: duration.optional().describe('how long after the cue'),
  times: z.int().min(1).optional().describe('how often it happens at most (default: once for a cue)'),
  layout: z
    .enum(layouts)
    .optional()
    .describe(
      'of a partition: split (the targets from the others of their set, default), ring (each reaches two neighbours), bridge (two halves, and one that reaches both)',
    ),
  direction: z
    .enum(directions)
    .optional()
    .describe(
      'of a fault of the network: which packets it hits, from the targets (out), to them (in) or both',
    ),
  link: z
    .string()
    .min(1)
    .optional()
    .describe('of slow and lossy: settings as for --net (default: latency=200ms, or loss=20%)'),
  for: duration.optional().describe('how long it lasts (default: until the run ends; for restart: 0s)'),
});

/** A fault as it is written. */
export type FaultTable = z.output<typeof faultTableSchema>;
