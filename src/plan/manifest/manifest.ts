import { join } from 'node:path';
import * as z from 'zod';
import { type Checked, checkDocument } from '../files/check.ts';
import { readDocument } from '../files/document.ts';
import { uniqueBy } from '../files/unique.ts';

const parameterSchema = z.strictObject({
  type: z.string().default('').describe('int, float, bool, size, duration, json, …; others are not checked'),
  desc: z.string().default('').describe('what it is, for people'),
  unit: z.string().default('').describe('the unit of its value, for people'),
  default: z.unknown().optional().describe('its value where a run says nothing'),
  secret: z
    .boolean()
    .default(false)
    .describe('whether its value is masked in what tg prints, keeps and collects'),
});

const instancesSchema = z
  .strictObject({
    min: z.int().min(0).default(1).describe('the least number of instances of a run'),
    max: z.int().min(1).default(Number.MAX_SAFE_INTEGER).describe('the most'),
    default: z.int().min(0).optional().describe('how many there are where a run says nothing'),
  })
  .refine(({ min, max }) => min <= max, { message: 'min must not be greater than max' });

const testCaseSchema = z.strictObject({
  name: z.string().min(1).describe('the name that --testcase and compositions give'),
  instances: instancesSchema.prefault({}).describe('how many instances a run may have'),
  params: z.record(z.string(), parameterSchema).default({}).describe('its parameters, by their names'),
});

/** A builder's or a runner's section: `enabled`, and its configuration. */
const sectionSchema = z.looseObject({
  enabled: z.boolean().default(true).describe('whether the plan may be built or run so'),
});

export const manifestSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[^/\0]+$/, 'must be a name without a slash')
    .describe('the name of the plan'),
  defaults: z
    .strictObject({
      testcase: z.string().optional().describe('the test case where nobody names one'),
      builder: z.string().optional().describe('the builder where nobody names one'),
      runner: z.string().optional().describe('the runner where nobody names one'),
    })
    .default({})
    .describe('what is taken where a run says nothing'),
  sdk: z
    .boolean()
    .optional()
    .describe('whether the plan reports through an SDK; found out where it is not declared'),
  builders: z
    .record(z.string(), sectionSchema)
    .default({})
    .describe('the builders that can build it, exec:go for instance, with their configuration'),
  runners: z
    .record(z.string(), sectionSchema)
    .default({})
    .describe('the runners that can run it, local:exec for instance, with their configuration'),
  testcases: z
    .array(testCaseSchema)
    .default([])
    .check(uniqueBy('name', 'the name of another test case'))
    .describe('the test cases'),
  extra_sources: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe(
      'by builder: folders outside of the plan that it needs; tg builds in place and does not need it',
    ),
});

/** A plan's manifest.toml. */
export type Manifest = z.output<typeof manifestSchema>;
export type TestCase = z.output<typeof testCaseSchema>;
export type Parameter = z.output<typeof parameterSchema>;

/** The file name of a manifest inside a plan's folder. */
export const manifestFile = 'manifest.toml';

/**
 * Reads the manifest in a plan's folder.
 * @throws TgError (usage) when it is missing, broken or does not fit the schema.
 */
export async function readManifest(planDir: string): Promise<Checked<Manifest>> {
  return checkDocument(await readDocument(join(planDir, manifestFile)), manifestSchema);
}
