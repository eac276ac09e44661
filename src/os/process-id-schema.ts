import * as z from 'zod';
import type { ProcessId } from './process-id.ts';

/** A process as records name it. Beside its type, because launchers need that and no schemas: a large program is slow to fork. */
export const processIdSchema: z.ZodType<ProcessId> = z.object({
  pid: z.int().positive(),
  startTicks: z.string().optional(),
  boot: z.string().optional(),
  host: z.string().optional(),
  namespace: z.string().optional(),
});
