import * as z from 'zod';
import { directions, type FaultSpec, faultKinds, layouts, shareNames } from './fault.ts';

const state = z.string();

const instanceSet = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('group'), group: z.string() }),
  z.strictObject({ kind: z.literal('instance'), group: z.string(), index: z.int().min(0) }),
  z.strictObject({ kind: z.literal('signalled'), state }),
  z.strictObject({ kind: z.literal('first'), state }),
  z.strictObject({ kind: z.literal('cue') }),
]);

const cue = z.discriminatedUnion('on', [
  z.strictObject({ on: z.literal('state'), state }),
  z.strictObject({ on: z.literal('topic'), topic: z.string(), value: z.unknown() }),
  z.strictObject({ on: z.literal('stage'), stage: z.string(), edge: z.enum(['begin', 'end']) }),
  z.strictObject({ on: z.literal('line'), text: z.string() }),
  z.strictObject({ on: z.literal('end') }),
]);

const ms = z.number().min(0);

const moment = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('at'), atMs: ms }),
  z.strictObject({ kind: z.literal('between'), fromMs: ms, untilMs: ms }),
  z.strictObject({
    ...{ kind: z.literal('every'), everyMs: ms, jitterMs: ms, fromMs: ms },
    untilMs: ms.nullable(),
    times: z.int().min(1).nullable(),
  }),
  z.strictObject({
    kind: z.literal('cue'),
    cue,
    by: instanceSet.nullable(),
    count: z.int().min(1),
    times: z.int().min(1),
    afterMs: ms,
  }),
]);

/** A FaultSpec as stored in the bundle of a run. */
export const faultSpecSchema: z.ZodType<FaultSpec> = z.strictObject({
  kind: z.enum(faultKinds),
  // Missing in bundles of earlier versions.
  network: z
    .strictObject({ layout: z.enum(layouts), direction: z.enum(directions), link: z.string().nullable() })
    .nullable()
    .default(null),
  target: z.strictObject({
    pick: z.union([z.enum(['all', ...shareNames]), z.int().min(1)]),
    of: instanceSet,
  }),
  moment,
  forMs: ms.nullable(),
});
