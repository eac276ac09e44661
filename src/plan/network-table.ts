import * as z from 'zod';

/** The kinds of NATs. */
export const natNames = ['full-cone', 'restricted', 'port-restricted', 'symmetric', 'carrier-grade'] as const;

/** A kind of NAT. */
export type NatName = (typeof natNames)[number];

/**
 * The network that a composition declares, below `[network]`. Links and shapes are texts, which the runner reads.
 */
export const networkTableSchema = z.strictObject({
  links: z
    .array(z.string())
    .default([])
    .describe('links of instances and paths between them, as for --net: "4g", "clients:3g", "eu>us:loss=1%"'),
  regions: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe('the groups and instances that are in each region: eu = ["servers", "clients[0]"]'),
  rtt: z
    .record(z.string(), z.record(z.string(), z.string()))
    .default({})
    .describe('round trips between regions, or within one: eu = { us = "80ms", eu = "2ms" }'),
  partitions: z
    .array(z.array(z.string()).min(2))
    .default([])
    .describe('regions, groups, instances or subnets that do not reach each other: [["eu", "us"]]'),
  nat: z
    .record(z.string(), z.enum(natNames))
    .default({})
    .describe('the NAT in front of a group, a region or an instance: clients = "symmetric"'),
});

/** The network that a composition declares. */
export type NetworkTable = z.output<typeof networkTableSchema>;
