import * as z from 'zod';
import { stallSnapshotSchema } from '../stall/stall-schema.ts';
import { type Cause, causeKinds } from './cause.ts';

const example = z.strictObject({
  group: z.string(),
  index: z.int().describe('its number in the group, from 0'),
  at_ms: z.number().nullable().describe('when it failed, since the run began; null if that is unknown'),
  reason: z.string().describe('the reason of its verdict'),
  stack: z.array(z.string()).readonly().describe('the stack of its crash event, else the end of its stderr'),
  source: z
    .strictObject({ place: z.string().describe('relative to the plan: src/main.ts:12:3'), text: z.string() })
    .readonly()
    .nullable()
    .default(null)
    .describe('the line of the source that its stack names first; null if it is not known'),
  last_lines: z.array(z.string()).readonly().describe('its last lines of output before it failed'),
});

const cause: z.ZodType<Cause> = z.strictObject({
  kind: z.enum(causeKinds),
  text: z
    .string()
    .describe(
      'the error in one line; all of it if the run did not begin; an ellipsis stands for parts in which the instances differ',
    ),
  count: z.int().describe('number of instances; 0 if it is not about instances'),
  instances: z.string().describe('the instances: single[0-4,7]; empty if it is not about instances'),
  example: example
    .readonly()
    .nullable()
    .describe('the instance to look at first; null if it is not about instances'),
  stall: stallSnapshotSchema
    .nullable()
    .describe('who waited for what when the run ended; null unless instances timed out'),
});

/** The fields of a result that say why the run did not pass. Results of earlier versions have none. */
export const causesFields = {
  causes: z
    .array(cause.readonly())
    .readonly()
    .default([])
    .describe(
      'why the run did not pass, the most important first; instances with the same error are one cause',
    ),
  more_causes: z.int().default(0).describe('number of causes beyond those'),
  consequences: z
    .string()
    .default('')
    .describe('the instances that were ended because of the causes: 49 aborted after single[037] failed'),
};
