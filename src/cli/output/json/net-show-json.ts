import * as z from 'zod';
import { packetCounts } from '../../../run/verdict/network-schema.ts';
import { networkWayJsonSchema } from './network-way-json.ts';

/** What `tg net show --json` prints. */
export const netShowJsonSchema = z.strictObject({
  version: z.literal(1).describe('changes only with a change that breaks readers'),
  run_id: z.string(),
  declared: networkWayJsonSchema.nullable().describe('what is declared between the two; null for nothing'),
  instances: z.array(
    z.strictObject({
      group: z.string(),
      index: z.int(),
      configured: z
        .array(
          z.strictObject({
            at_ms: z.number().describe('since the run began'),
            applied: z.array(z.string()).describe('its settings from then on; empty for a plain network'),
            not_applied: z.array(z.string()),
          }),
        )
        .describe('what it has asked for, in order'),
      counts: packetCounts.nullable().describe('null while the run is active'),
    }),
  ),
});

export type NetShowJson = z.output<typeof netShowJsonSchema>;
