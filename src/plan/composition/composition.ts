import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TgError } from '../../errors.ts';
import { toJson } from '../../values/json.ts';
import { readToml } from '../files/toml.ts';
import { dependencyOf } from '../resolve/dependency.ts';
import type { Params } from '../resolve/params.ts';
import type { GroupRequest } from '../resolve/resolve.ts';

const dependencySchema = z.looseObject({
  module: z.string().min(1, 'must not be empty'),
  target: z.string().optional(),
  version: z.string().optional(),
});
const buildSchema = z.looseObject({
  selectors: z.array(z.string()).default([]),
  dependencies: z.array(dependencySchema).default([]),
});
const runSchema = z.looseObject({
  artifact: z.string().default(''),
  test_params: z.record(z.string(), z.unknown()).default({}),
  profiles: z.record(z.string(), z.unknown()).default({}),
});
const groupSchema = z.looseObject({
  id: z.string().regex(/^[\w-]+$/, 'must be a name of letters, digits, - and _'),
  builder: z.string().optional(),
  build_config: z.record(z.string(), z.unknown()).default({}),
  build: buildSchema.prefault({}),
  resources: z.unknown().optional(),
  instances: z.looseObject({
    count: z.int().min(0).default(0),
    percentage: z.number().min(0).max(1).default(0),
  }),
  run: runSchema.prefault({}),
});
const compositionSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string().default('') }).prefault({}),
  global: z.looseObject({
    plan: z.string().min(1, 'must not be empty'),
    case: z.string().min(1, 'must not be empty'),
    total_instances: z.int().min(0).default(0),
    builder: z.string().optional(),
    build_config: z.record(z.string(), z.unknown()).default({}),
    build: buildSchema.prefault({}),
    runner: z.string().optional(),
    run_config: z.record(z.string(), z.unknown()).default({}),
    run: runSchema.prefault({}),
    disable_metrics: z.boolean().default(false),
  }),
  groups: z.array(groupSchema).min(1, 'there must be at least one'),
  runs: z.unknown().optional(),
});

/** A composition: groups of instances of one plan, each with its own build and parameters. */
export type Composition = z.output<typeof compositionSchema>;
type Group = Composition['groups'][number];

/**
 * Reads a composition.
 * @throws TgError (usage) when it is missing, broken, does not fit, or has what is not built yet.
 */
export async function readComposition(file: string): Promise<Composition> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const template = text.split('\n').findIndex((line) => /^[^#]*\{\{/.test(line));
  if (template !== -1) {
    throw new TgError('usage', 'templates in compositions are not built yet', {
      where: `${file}:${template + 1}`,
      hint: 'Write the value where {{ … }} stands.',
    });
  }
  const composition = await readToml(file, compositionSchema);
  if (composition.runs !== undefined) {
    throw new TgError('usage', '[[runs]] in compositions are not built yet', {
      where: file,
      hint: 'Leave them out: there is one run of every group then. Parameters can stand under [groups.run.test_params].',
    });
  }
  checkIds(composition, file);
  return composition;
}

function checkIds({ groups }: Composition, file: string): void {
  const ids = groups.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new TgError('usage', `two groups are called "${twice}"`, { where: file });
}

/**
 * The groups of a composition, with what they take from its global part. Nearer is stronger, key by key; selectors are a
 * group's own or the global ones.
 * @throws TgError (usage) when counts and percentages do not add up.
 */
export function groupRequests(composition: Composition, file: string): GroupRequest[] {
  const { global, groups } = composition;
  const counts = countsOf(composition, file);
  return groups.map((group, index) => {
    const where = `${file}: groups[${index}]`;
    const cwd = dirname(file);
    const dependencies = new Map(
      [...global.build.dependencies, ...group.build.dependencies].map((dependency) => [
        dependency.module,
        dependencyOf(dependency, `${where}.build.dependencies`, cwd),
      ]),
    );
    return {
      id: group.id,
      where: { instances: `${where}.instances`, buildConfig: `${where}.build_config` },
      builder: group.builder ?? global.builder,
      buildConfig: { ...global.build_config, ...group.build_config },
      selectors: group.build.selectors.length > 0 ? group.build.selectors : global.build.selectors,
      dependencies: [...dependencies.values()],
      artifact: group.run.artifact || global.run.artifact || undefined,
      instances: counts[index],
      params: { ...texts(global.run.test_params), ...texts(group.run.test_params) },
      profiles: { ...texts(global.run.profiles), ...texts(group.run.profiles) },
    };
  });
}

function countsOf({ global, groups }: Composition, file: string): number[] {
  const total = global.total_instances;
  const counts = groups.map((group, index) => countOf(group, total, `${file}: groups[${index}].instances`));
  const sum = counts.reduce((all, count) => all + count, 0);
  if (total === 0 || sum === total) return counts;
  throw new TgError(
    'usage',
    `the groups have ${sum} instances together, and global.total_instances is ${total}`,
    {
      where: file,
      hint: groups.map(({ id }, index) => `${id}: ${counts[index]}`).join(', '),
    },
  );
}

function countOf({ instances: { count, percentage } }: Group, total: number, where: string): number {
  if (count > 0 && percentage > 0)
    throw new TgError('usage', 'count and percentage exclude each other', { where });
  if (percentage > 0 && total === 0)
    throw new TgError('usage', 'a percentage needs global.total_instances', { where });
  return percentage > 0 ? Math.round(percentage * total) : count;
}

function texts(table: Readonly<Record<string, unknown>>): Params {
  return Object.fromEntries(
    Object.entries(table).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : (toJson(value) ?? ''),
    ]),
  );
}
