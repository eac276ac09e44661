import { compositionSchema } from '../../plan/composition/schema.ts';
import { jsonSchemaOf } from '../../plan/files/json-schema.ts';
import { manifestSchema } from '../../plan/manifest/manifest.ts';
import { resultSchema } from '../../run/verdict/result-schema.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { didYouMean } from '../../util/suggest.ts';
import { compareFailedJsonSchema } from '../output/json/compare-failed-json.ts';
import { compareJsonSchema } from '../output/json/compare-json.ts';
import { detachedJsonSchema } from '../output/json/detached-json.ts';
import { dryRunJsonSchema } from '../output/json/dry-run-json.ts';
import { jsonEventSchema } from '../output/json/json-events.ts';
import { metricsJsonSchema } from '../output/json/metrics-json.ts';
import { netShowJsonSchema } from '../output/json/net-show-json.ts';
import { recordJsonSchema } from '../output/json/record-json.ts';
import { whyJsonSchema } from '../output/json/why-json.ts';
import { printData } from '../output/say.ts';

/** The published JSON Schemas, by their file names in `schemas`. */
export const schemas: Readonly<Record<string, () => object>> = {
  manifest: () => jsonSchemaOf(manifestSchema, 'manifest.toml of a plan'),
  composition: () => jsonSchemaOf(compositionSchema, 'a composition'),
  result: () => jsonSchemaOf(resultSchema, 'result.json of a run'),
  events: () => jsonSchemaOf(jsonEventSchema, 'what --json prints, one per line'),
  'dry-run': () =>
    jsonSchemaOf(dryRunJsonSchema, 'what --dry-run --json and tg describe --json of a run print'),
  detached: () => jsonSchemaOf(detachedJsonSchema, 'what --detach --json prints'),
  why: () => jsonSchemaOf(whyJsonSchema, 'what why --json prints'),
  metrics: () => jsonSchemaOf(metricsJsonSchema, 'what metrics --json prints'),
  'net-show': () => jsonSchemaOf(netShowJsonSchema, 'what net show --json prints'),
  compare: () => jsonSchemaOf(compareJsonSchema, 'what compare --json prints'),
  'compare-failed': () => jsonSchemaOf(compareFailedJsonSchema, 'what compare --failed --json prints'),
  status: () => jsonSchemaOf(recordJsonSchema, 'what status --json prints, and tasks --json on each line'),
};

/** `tg schema NAME`: prints a JSON Schema. */
export async function schema(name: string): Promise<ExitCode> {
  const make = schemas[name];
  if (make === undefined) {
    throw new TgError('usage', `there is no schema "${name}"`, {
      hint: didYouMean(name, Object.keys(schemas), 'schema'),
    });
  }
  printData(`${JSON.stringify(make(), null, 2)}\n`);
  return exitCodes.success;
}
