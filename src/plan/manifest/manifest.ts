import { join } from 'node:path';
import { z } from 'zod';
import { readToml } from '../files/toml.ts';

/** A plan's manifest.toml. Keys that tg does not know are kept: existing plans have them. */
const parameterSchema = z.looseObject({
  type: z.string().default(''),
  desc: z.string().default(''),
  unit: z.string().default(''),
  default: z.unknown().optional(),
});

const instancesSchema = z
  .looseObject({
    min: z.int().min(0).default(1),
    max: z.int().min(1).default(Number.MAX_SAFE_INTEGER),
    default: z.int().min(0).optional(),
  })
  .refine(({ min, max }) => min <= max, { message: 'min is greater than max' });

const testCaseSchema = z.looseObject({
  name: z.string().min(1, 'must not be empty'),
  instances: instancesSchema.prefault({}),
  params: z.record(z.string(), parameterSchema).default({}),
});

/** A builder's or a runner's section: `enabled`, and its configuration. */
const sectionSchema = z.looseObject({ enabled: z.boolean().default(true) });

const manifestSchema = z
  .looseObject({
    name: z.string().regex(/^[^/\0]+$/, 'must be a name without a slash'),
    defaults: z
      .looseObject({
        testcase: z.string().optional(),
        builder: z.string().optional(),
        runner: z.string().optional(),
      })
      .default({}),
    /** Our addition: whether the plan reports through an SDK. Found out where it is not declared. */
    sdk: z.boolean().optional(),
    builders: z.record(z.string(), sectionSchema).default({}),
    runners: z.record(z.string(), sectionSchema).default({}),
    testcases: z.array(testCaseSchema).default([]),
  })
  .superRefine(({ testcases }, context) => {
    const seen = new Set<string>();
    testcases.forEach(({ name }, index) => {
      if (seen.has(name)) {
        context.addIssue({
          code: 'custom',
          path: ['testcases', index, 'name'],
          message: `"${name}" is defined twice`,
        });
      }
      seen.add(name);
    });
  });

export type Manifest = z.output<typeof manifestSchema>;
export type TestCase = z.output<typeof testCaseSchema>;
export type Parameter = z.output<typeof parameterSchema>;

/** The file name of a manifest inside a plan's folder. */
export const manifestFile = 'manifest.toml';

/**
 * Reads the manifest in a plan's folder.
 * @throws TgError (usage) when it is missing, broken or does not fit the schema.
 */
export function readManifest(planDir: string): Promise<Manifest> {
  return readToml(join(planDir, manifestFile), manifestSchema);
}
