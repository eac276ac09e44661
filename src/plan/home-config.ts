import { existsSync } from 'node:fs';
import * as z from 'zod';
import type { Home } from '../home.ts';
import { checkDocument } from './files/check.ts';
import { readDocument } from './files/document.ts';

const sections = z.record(z.string(), z.looseObject({})).default({});

const homeConfigSchema = z.looseObject({
  runners: sections,
  builders: sections,
  daemon: z.looseObject({ listen: z.string().optional() }).optional(),
});

/** The parts of a home's `.env.toml` that tg reads: configuration of runners and builders, and where a daemon listens. */
export type HomeConfig = z.output<typeof homeConfigSchema>;

/** Reads the home's `.env.toml`; a missing file is an empty configuration. */
export async function readHomeConfig(home: Home): Promise<HomeConfig> {
  if (!existsSync(home.config)) return { runners: {}, builders: {} };
  return checkDocument(await readDocument(home.config), homeConfigSchema).data;
}
