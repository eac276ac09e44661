import { compositionSchema } from '../../plan/composition/schema.ts';
import { jsonSchemaOf } from '../../plan/files/json-schema.ts';
import { manifestSchema } from '../../plan/manifest/manifest.ts';
import { resultSchema } from '../../run/verdict/result-schema.ts';
import { TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { didYouMean } from '../../util/suggest.ts';
import { jsonEventSchema } from '../output/json/json-events.ts';
import { recordJsonSchema } from '../output/json/record-json.ts';
import { printData } from '../output/say.ts';

/** The published JSON Schemas, by their file names in `schemas`. */
export const schemas: Readonly<Record<string, () => object>> = {
  manifest: () => jsonSchemaOf(manifestSchema, 'manifest.toml of a plan'),
  composition: () => jsonSchemaOf(compositionSchema, 'a composition'),
  result: () => jsonSchemaOf(resultSchema, 'result.json of a run'),
  events: () => jsonSchemaOf(jsonEventSchema, 'what --json prints, one per line'),
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
