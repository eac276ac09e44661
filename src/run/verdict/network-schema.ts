import * as z from 'zod';
import type { MeasuredNetwork } from './result.ts';

const packets = z.int();
/** What happened to the packets of an instance. */
export const packetCounts = z.strictObject({
  sent: packets.describe('packets that the instance sent; one may stand for several'),
  sent_bytes: z.int(),
  received: packets,
  received_bytes: z.int(),
  lost: packets.describe('dropped because that was asked for'),
  overflowed: packets.describe('dropped because the queue of a limited rate was full'),
  unasked: packets.describe('dropped although that was not asked for'),
  strayed: packets
    .nullable()
    .describe('sent to an address that no instance has; null if the engine does not know'),
});

const link = packetCounts.extend({ group: z.string(), index: z.int() });

function pairsBy<Who extends z.ZodType>(who: Who) {
  const column = z.array(packets).readonly();
  return z
    .strictObject({
      from: z.array(who).readonly(),
      to: z
        .array(who.nullable())
        .readonly()
        .describe('null for packets that were dropped on the way to a NAT that several instances share'),
      ...{ sent: column, sent_bytes: column, received: column, received_bytes: column },
      ...{ lost: column, overflowed: column, unasked: column },
    })
    .readonly();
}

const peers = z.strictObject({
  pairs: pairsBy(z.int()).describe(
    'between instances, given by their place in links, a column for each count: those with most packets',
  ),
  unlisted: packets.describe('sent between instances that pairs does not have'),
  groups: pairsBy(z.string()).describe('all packets, between groups'),
});

/** What the network of a run did. */
export const measuredNetwork: z.ZodType<MeasuredNetwork> = z.strictObject({
  engine: z.enum(['kernel', 'user']).describe('what carried and shaped packets: docs/networks.md'),
  problems: z.array(z.string()).readonly().describe('what was not delivered as asked'),
  lateness_ms: z
    .strictObject({ p50: z.number(), p99: z.number(), max: z.number() })
    .readonly()
    .nullable()
    .describe('how late delayed packets were; null if none was delayed, or the engine does not know'),
  missed: packets.describe('dropped before it was known whose they are'),
  links: z.array(link.readonly()).readonly(),
  peers: peers
    .readonly()
    .nullable()
    .default(null)
    .describe('who sent packets to whom; null if the network does not know, and in earlier results'),
});
