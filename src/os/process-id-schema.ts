import * as z from 'zod';
import { isFields } from '../util/fields.ts';
import type { ProcessId } from './process-id.ts';

/**
 * The schema of a process in records. Separate from its type, because launchers need no schemas: a large program is
 * slow to fork.
 */
export const processIdSchema: z.ZodType<ProcessId> = z.preprocess(
  fromReference,
  z.object({
    pid: z.int().positive(),
    startTicks: z.string().optional(),
    boot: z.string().optional(),
    host: z.string().optional(),
    namespace: z.string().optional(),
  }),
);

/** Journals refer to a process by kind and ID; leases, and journals of earlier versions, by its PID. */
function fromReference(value: unknown): unknown {
  if (!isFields(value) || value['kind'] !== 'process' || typeof value['id'] !== 'string') return value;
  const { id, kind: _, ...rest } = value;
  return { pid: Number(id), ...rest };
}
