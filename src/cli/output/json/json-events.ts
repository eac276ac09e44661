import * as z from 'zod';
import { networkProblems } from '../../../network/measured.ts';
import { faultKinds } from '../../../plan/fault/fault.ts';
import type { InstanceId } from '../../../plan/instance-id.ts';
import { instanceKinds, instanceTag } from '../../../plan/instance-id.ts';
import type { RunEvent } from '../../../run/events/events.ts';
import { machineSampleFields } from '../../../run/machine/machine-schema.ts';
import { stallSnapshotSchema } from '../../../run/stall/stall-schema.ts';
import { resultSchema } from '../../../run/verdict/result-schema.ts';

const instance = {
  group: z.string(),
  index: z.int().describe('its number in the group, from 0'),
  tag: z.string().describe('group and index, as in printed lines: single[003]'),
};

/** The fields common to all events. */
const common = {
  version: z.literal(2).describe('changes only with a change that breaks readers'),
  at: z.iso.datetime().describe('when it was reported; for a line, elapsed_ms is when it was written'),
  run_id: z.string().nullable().describe('the run’s ID; null for an event that belongs to no run'),
};

function event<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return z.strictObject({ ...common, type: z.literal(type), ...shape });
}

/** The objects that `--json` prints, one per line. */
export const jsonEventSchema = z.discriminatedUnion('type', [
  event('run-queued', {
    name: z.string().describe('its name in the composition'),
    plan: z.string(),
    case: z.string(),
    runner: z.string(),
    instances: z.int(),
    seed: z.string(),
    outputs: z.string().describe('the folder of its outputs'),
  }),
  event('building', {
    builder: z.string(),
    groups: z.array(z.string()),
    doing: z.string().nullable().describe('the current step in words; null if the builder reports none'),
    elapsed_ms: z.int().describe('since the build began'),
  }),
  event('run-started', { sync: z.string().describe('the store of the sync service, in words') }),
  event('notice', {
    level: z.enum(['INFO', 'WARN', 'ERROR']),
    text: z.string(),
    fields: z.record(z.string(), z.unknown()).nullable(),
  }),
  event('instance-started', {
    ...instance,
    ref: z
      .strictObject({
        kind: z.enum(instanceKinds),
        id: z.string().describe('the PID, container ID or pod name'),
      })
      .describe('what it runs as'),
  }),
  event('instance-restarted', {
    ...instance,
    ref: z.strictObject({ kind: z.enum(instanceKinds), id: z.string() }).describe('what it runs as now'),
    restarts: z.int().describe('how often it has been started again, this time included'),
  }),
  event('instance-held', {
    ...instance,
    script: z.string().describe('a script that starts it; with arguments, it runs those instead'),
    environment: z
      .string()
      .describe('a file that a shell sources to get its environment and working directory'),
    command: z.array(z.string()),
  }),
  event('instance-not-started', { ...instance, reason: z.string() }),
  event('line', {
    ...instance,
    stream: z.enum(['stdout', 'stderr']),
    text: z.string().describe('the line without its line end; of a very long one, the beginning'),
    elapsed_ms: z.number().describe('since the run began'),
    event: z
      .looseObject({ type: z.string() })
      .nullable()
      .describe(
        'the event that an SDK printed on it: start, message, success, failure, crash, stage-start, stage-end, metric',
      ),
  }),
  event('instance-exited', {
    ...instance,
    code: z.int().nullable(),
    signal: z.string().nullable(),
    ending: z.string().describe('by-itself, or why tg ended it'),
    output_problem: z.string().nullable().describe('what is wrong with its output; null if nothing is'),
    elapsed_ms: z.number(),
    oom_kills: z
      .int()
      .describe(
        'how many processes the kernel killed because it was out of memory; 0 for an instance that was not killed',
      ),
  }),
  event('network-configured', {
    group: z.string().nullable(),
    index: z.int().nullable(),
    applied: z
      .array(z.string())
      .describe('the settings of its network from now on, as text; empty for a plain one, or if not applied'),
    not_applied: z.array(z.string()),
    refused: z.boolean(),
    took_ms: z.number().describe('how long applying it took'),
  }),
  event('fault', {
    did: z
      .enum(['inject', 'heal', 'fail'])
      .describe('heal: it was undone. fail: it was not injected, or not undone'),
    fault: z.int().describe('its number among the faults of the run, from 1'),
    kind: z.enum(faultKinds),
    text: z.string().describe('the fault, in words'),
    nth: z.int().nullable().describe('how often it has been injected, this time included; null if it failed'),
    instances: z.array(z.string()),
    why: z.string().nullable().describe('why it failed; null if it did not'),
  }),
  event('stalled', {
    for_ms: z.int().describe('the time without progress'),
    reported: z.boolean().describe('whether it is also printed in the output for people'),
    snapshot: stallSnapshotSchema,
  }),
  event('resumed', {}),
  event('network-measured', { problems: z.array(z.string()) }),
  event('machine', machineSampleFields),
  event('snapshot', {
    snapshot: stallSnapshotSchema.describe('which instances wait for what when tg ends the run'),
  }),
  event('abandoned', {
    why: z.string().describe('which instance made the run fail, and how'),
    instances: z.array(z.string()).describe('the instances whose waits were answered with an error'),
  }),
  event('stopping', { ending: z.string(), why: z.string() }),
  event('run-ended', { result: resultSchema }),
  event('collected', { file: z.string() }),
  event('collect-failed', { error: z.string() }),
  event('finished', {
    series: z.string().nullable().describe('the ID of the series; null for a single run'),
    runs: z
      .array(
        z.strictObject({
          name: z.string(),
          run_id: z.string().nullable().describe('null for a run that did not start'),
          outcome: z.string(),
          error: z.string(),
        }),
      )
      .describe('all runs of the command, in their order'),
  }),
]);

export type JsonEvent = z.output<typeof jsonEventSchema>;
type Body<Event> = Event extends unknown ? Omit<Event, 'version' | 'at' | 'run_id'> : never;

/** An event without its time and run. */
export type JsonBody = Body<JsonEvent>;

/** The JSON form of a run event. */
export function jsonOf(event: RunEvent): JsonBody {
  switch (event.type) {
    case 'run-queued': {
      const { spec, runDir } = event;
      return {
        type: event.type,
        name: spec.name,
        plan: spec.plan.name,
        case: spec.testCase,
        runner: spec.runner,
        instances: spec.totalInstances,
        seed: spec.seed,
        outputs: runDir,
      };
    }
    case 'building': {
      const { builder, groups, doing, elapsedMs } = event;
      return { type: event.type, builder, groups: [...groups], doing: doing ?? null, elapsed_ms: elapsedMs };
    }
    case 'run-started':
      return { type: event.type, sync: event.sync };
    case 'notice':
      return { type: event.type, level: event.level, text: event.text, fields: { ...event.fields } };
    case 'instance-started':
      return { type: event.type, ...who(event.instance), ref: { kind: event.ref.kind, id: event.ref.id } };
    case 'instance-restarted': {
      const { type, instance, ref, restarts } = event;
      return { type, ...who(instance), ref: { kind: ref.kind, id: ref.id }, restarts };
    }
    case 'instance-held': {
      const { script, environment, command } = event;
      return { type: event.type, ...who(event.instance), script, environment, command: [...command] };
    }
    case 'instance-not-started':
      return { type: event.type, ...who(event.instance), reason: event.reason };
    case 'line': {
      const { stream, text, elapsedMs, event: said } = event;
      return {
        type: 'line',
        ...who(event.instance),
        stream,
        text,
        elapsed_ms: elapsedMs,
        event: said ?? null,
      };
    }
    case 'instance-exited': {
      const { code, signal, ending, outputProblem, elapsedMs, oomKills } = event;
      const problem = outputProblem ?? null;
      return {
        ...{ type: event.type, ...who(event.instance), code, signal, ending },
        ...{ output_problem: problem, elapsed_ms: elapsedMs, oom_kills: oomKills },
      };
    }
    case 'network-configured': {
      const { instance, applied, notApplied, refused, tookMs } = event;
      const { group = null, index = null } = instance ?? {};
      return {
        ...{ type: event.type, group, index, refused, took_ms: tookMs },
        ...{ applied: [...applied], not_applied: [...notApplied] },
      };
    }
    case 'fault': {
      const { type, did, fault, kind, text } = event;
      const its = { type, did, fault, kind, text };
      if (event.did === 'fail') return { ...its, nth: null, instances: [], why: event.why };
      return { ...its, nth: event.nth, instances: event.instances.map(instanceTag), why: null };
    }
    case 'stalled': {
      const { forMs, reported, snapshot } = event;
      return { type: event.type, for_ms: forMs, reported, snapshot: stallSnapshotSchema.parse(snapshot) };
    }
    case 'resumed':
      return { type: event.type };
    case 'network-measured':
      return { type: event.type, problems: networkProblems(event.measured) };
    case 'machine': {
      const { forMs, cores, cpu, steal, memory, load, groups } = event;
      const each = groups.map(({ id, processors, bytes }) => ({ id, processors, bytes }));
      return { type: event.type, for_ms: forMs, cores, cpu, steal, memory, load, groups: each };
    }
    case 'snapshot':
      return { type: event.type, snapshot: stallSnapshotSchema.parse(event.snapshot) };
    case 'abandoned':
      return { type: event.type, why: event.why, instances: event.instances.map(instanceTag) };
    case 'stopping':
      return { type: event.type, ...event.stop };
    case 'run-ended':
      return { type: event.type, result: event.result };
  }
}

function who(instance: InstanceId) {
  return { ...instance, tag: instanceTag(instance) };
}
