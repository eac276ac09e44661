import * as z from 'zod';
import { natNames } from '../../../plan/network-table.ts';
import { firstSenders } from '../../../plan/network-way.ts';

const oneWay = z
  .strictObject({
    latency_ms: z.number(),
    jitter_ms: z.number(),
    bits_per_second: z.number().nullable().describe('null for no limit'),
    loss: z.number().describe('the share of packets that are lost, from 0 to 1'),
    corrupt: z.number().describe('the same for packets with a wrong bit'),
    duplicate: z.number().describe('the same for packets that arrive twice'),
    reorder: z.number().describe('the same for packets that are not delayed'),
  })
  .nullable()
  .describe('null if no packet arrives');

/** What is declared between two sides of a run's network. */
export const networkWayJsonSchema = z.strictObject({
  from: z.string().describe('a group, or some of its instances'),
  to: z.string(),
  from_nat: z.enum(natNames).nullable().describe('the NAT that it is behind; null for none'),
  to_nat: z.enum(natNames).nullable(),
  first_sender: z.enum(firstSenders).describe('which side can send before it has received anything'),
  round_trip_ms: z.number().nullable().describe('null if packets do not arrive both ways'),
  there: oneWay,
  back: oneWay,
});

export type NetworkWayJson = z.output<typeof networkWayJsonSchema>;
