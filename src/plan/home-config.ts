import { existsSync } from 'node:fs';
import * as z from 'zod';
import type { Home } from '../os/home.ts';
import { checkDocument } from './files/check.ts';
import { readDocument } from './files/document.ts';
import type { Layer } from './resolve/layered-config.ts';

const sections = z.record(z.string(), z.looseObject({})).default({});

const homeConfigSchema = z.looseObject({
  runners: sections,
  builders: sections,
  daemon: z
    .looseObject({
      listen: z.string().optional(),
      scheduler: z.looseObject({ task_timeout_min: z.int().min(0).optional() }).optional(),
    })
    .optional(),
});

/**
 * The parts of a home's `.env.toml` that tg reads: configuration of runners and builders, the daemon's address, and
 * the timeout of runs.
 */
export type HomeConfig = z.output<typeof homeConfigSchema>;

/** Reads the home's `.env.toml`; a missing file is an empty configuration. */
export async function readHomeConfig(home: Home): Promise<HomeConfig> {
  if (!existsSync(home.config)) return { runners: {}, builders: {} };
  return checkDocument(await readDocument(home.config), homeConfigSchema).data;
}

/** The timeout of all runs from `daemon.scheduler.task_timeout_min`, in minutes; 0 disables it. */
export function schedulerTimeout({ daemon }: HomeConfig): Layer[] {
  const minutes = daemon?.scheduler?.task_timeout_min ?? 0;
  if (minutes === 0) return [];
  return [{ where: '.env.toml: daemon.scheduler.task_timeout_min', values: { timeout: `${minutes}m` } }];
}
