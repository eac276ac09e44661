import { type RenderedText, renderTemplate } from '../../template/render.ts';
import { mapOf } from '../../template/values.ts';
import { templateFunctions } from './template-functions.ts';

/**
 * Expands the template of a composition, with the environment as `.Env` and testground's functions.
 * @param dir the folder of the composition, for `load_resource`.
 * @throws TgError (usage) with file, line and column.
 */
export function renderComposition(
  source: string,
  file: string,
  dir: string,
  env: NodeJS.ProcessEnv,
): RenderedText {
  const variables = mapOf(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    'text',
  );
  const data = { kind: 'struct', fields: new Map([['Env', variables]]) } as const;
  return renderTemplate(source, file, { data, functions: templateFunctions(variables, dir) });
}
