import * as z from 'zod';
import { type RunRecord, runStates } from '../../../history/record.ts';
import { outcomes } from '../../../run/verdict/outcomes.ts';

const reference = z
  .strictObject({
    kind: z.literal('process'),
    id: z.string().describe('the PID'),
    host: z.string().nullable().describe('the host name and machine ID; null in records of earlier versions'),
    namespace: z.string().nullable().describe('the PID namespace; null if the system has none'),
  })
  .describe('the process that owns the run, or owned it');

/** What `tg status --json` prints, and `tg tasks --json` on each line. */
export const recordJsonSchema = z.strictObject({
  version: z.literal(2).describe('changes only with a change that breaks readers'),
  run_id: z.string(),
  dir: z.string().describe('the folder of its outputs'),
  name: z.string().describe('its name in the composition'),
  plan: z.string(),
  case: z.string(),
  runner: z.string(),
  point: z.record(z.string(), z.string()).describe('the values that a matrix gave it'),
  labels: z.array(z.string()),
  series: z
    .strictObject({ id: z.string(), round: z.int() })
    .nullable()
    .describe('the runs that one command started together; null for a run on its own'),
  builders: z.array(z.string()),
  instances: z.int(),
  store: z.string().describe('memory or redis; empty if the record does not say'),
  groups: z.array(z.strictObject({ id: z.string(), instances: z.int() })),
  owner: reference,
  unseen_owner: z.string().describe('where the owner is, if it cannot be seen from here; otherwise empty'),
  created: z.iso.datetime(),
  updated: z.iso.datetime(),
  state: z.enum(runStates),
  outcome: z.enum(outcomes).describe('unknown while the run is active'),
  error: z.string().describe('why it did not begin, or what stopped it; otherwise empty'),
  result: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('the content of result.json; null until it exists'),
});

type RecordJson = z.output<typeof recordJsonSchema>;

/** The JSON form of a record of a run. */
export function recordAsJson(record: RunRecord): RecordJson {
  const {
    runId,
    unseenOwner,
    labels,
    series,
    owner,
    created,
    updated,
    result,
    builders,
    groups,
    metricUnits,
    ...rest
  } = record;
  return {
    version: 2,
    run_id: runId,
    ...rest,
    labels: [...labels],
    series: series ?? null,
    builders: [...builders],
    groups: groups.map(({ id, instances }) => ({ id, instances })),
    owner: {
      kind: 'process',
      id: String(owner.pid),
      host: owner.host ?? null,
      namespace: owner.namespace ?? null,
    },
    unseen_owner: unseenOwner,
    created: created.toISOString(),
    // The file system's clock, or a clock that was set back, may place the last change before the creation.
    updated: (updated < created ? created : updated).toISOString(),
    result: result === undefined ? null : { ...result },
  };
}
