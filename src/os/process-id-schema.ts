import * as z from 'zod';
import type { ProcessId } from './process-id.ts';

/**
 * The schema of a process in records. Separate from its type, because launchers need no schemas: a large program is
 * slow to fork.
 */
export const processIdSchema: z.ZodType<ProcessId> = z.object({
  pid: z.int().positive(),
  startTicks: z.string().optional(),
  boot: z.string().optional(),
  host: z.string().optional(),
  namespace: z.string().optional(),
});
