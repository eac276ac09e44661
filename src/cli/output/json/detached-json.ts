import * as z from 'zod';

/** What `--detach --json` prints once the first run is queued. */
export const detachedJsonSchema = z.strictObject({
  version: z.literal(1).describe('changes only with a change that breaks readers'),
  run_id: z.string().describe('the ID of the first run'),
  series: z.string().nullable().describe('the ID of the series; null for a single run'),
  runs: z.array(z.string()).describe('the names of all runs, in their order'),
});

export type DetachedJson = z.output<typeof detachedJsonSchema>;
