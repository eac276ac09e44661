import { join } from 'node:path';
import * as z from 'zod';
import { writeNewAtomically } from '../../os/atomic-write.ts';
import { packageVersion } from '../../os/own-package.ts';
import { runFiles } from '../../outputs/layout.ts';
import type { Mask } from '../../outputs/mask.ts';
import { readText } from '../../outputs/untrusted-file.ts';
import type { Artifact } from '../../plan/artifact.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import { jsonWithRunSpecs, parseWithRunSpecs, runSpecSchema } from '../../plan/run-spec-schema.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { lostOnRecord, maskedSpec } from '../events/masked-spec.ts';
import { compositionOf } from './composition.ts';

const bundleSchema = z.looseObject({
  version: z.literal([1, 2]),
  spec: runSpecSchema,
  env: z.array(z.string()),
  artifacts: z.record(z.string(), z.string()),
  without: z.array(z.string()).default([]),
  lost: z.array(z.string()).default([]),
  versions: z.record(z.string(), z.string()).default({}),
  commit: z.object({ id: z.string(), isChanged: z.boolean() }).optional(),
});

/** What is needed to repeat a run. */
export interface Bundle {
  /** Without the URLs of Redis and InfluxDB, which may contain a password. */
  readonly spec: RunSpec;
  /** The names of the variables that `--env` passed to every instance. */
  readonly env: readonly string[];
  /** The key of each group's artifact, by the group's ID; empty until they are built. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** The names of run configuration settings that are left out. */
  readonly without?: readonly string[];
  /** What else is left out because it contains the value of a secret parameter, as text. */
  readonly lost?: readonly string[];
  /** The versions of tg and Node, and the platform of the run. */
  readonly versions?: Readonly<Record<string, string>>;
  /** The commit of the plan's folder when it was built, and whether files in it had been changed since. */
  readonly commit?: Artifact['commit'];
}

/**
 * Writes the bundle of a run into its outputs: run.json, and composition.toml for people.
 * @param mask masks the values of the run's secret parameters.
 * @returns why it could not be written; undefined if it was.
 */
export async function writeBundle(
  runDir: string,
  { spec, env, artifacts, commit }: Bundle,
  mask: Mask,
): Promise<string | undefined> {
  const { config } = spec;
  const shown = maskedSpec(spec, mask);
  const sync = config.sync.store === 'redis' ? { store: 'redis', url: undefined } : config.sync;
  const versions = {
    tg: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
  const kept = { ...shown, config: { ...config, sync, influxdb: undefined, otlp: undefined } };
  const without = (['influxdb', 'otlp'] as const).filter((key) => config[key] !== undefined);
  const bundle = {
    version: 2,
    versions,
    env,
    artifacts,
    ...(commit === undefined ? {} : { commit }),
    without,
    lost: lostOnRecord(spec, mask),
    spec: kept,
  };
  const json = jsonWithRunSpecs(bundle, 2);
  try {
    await writeNewAtomically(join(runDir, runFiles.bundle), `${json}\n`);
    await writeNewAtomically(join(runDir, runFiles.composition), compositionOf(shown));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Reads the bundle of a run.
 * @param file its run.json.
 * @throws TgError (collect) if it cannot be read.
 */
export async function readBundle(file: string): Promise<Bundle> {
  return bundleIn(() => readText(file), file);
}

/**
 * Parses the bundle of a run.
 * @param where its origin, for messages.
 * @throws TgError (collect) if it cannot be read.
 */
export function bundleIn(read: () => string, where: string): Bundle {
  try {
    return bundleSchema.parse(parseWithRunSpecs(read()));
  } catch (cause) {
    const text = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new TgError('collect', `cannot be read as a run: ${text}`, {
      where,
      hint: 'It may be incomplete, or from another version of tg.',
      cause,
    });
  }
}
