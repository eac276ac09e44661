import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TomlTable } from 'smol-toml';
import { fixed, type TemplateFunction, textArgument } from '../../template/functions.ts';
import { positionIn } from '../../template/position.ts';
import { TemplateProblem } from '../../template/problem.ts';
import { type GoMap, type GoValue, kindOf, mapOf } from '../../template/values.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { parseToml } from '../files/toml.ts';
import { tomlText } from './toml-text.ts';
import { goValueOf } from './toml-values.ts';

/**
 * The functions that testground adds to those of Go's text/template.
 * @param env the variables that `withEnv` adds.
 * @param dir the folder that `load_resource` reads from.
 */
export function templateFunctions(env: GoMap, dir: string): ReadonlyMap<string, TemplateFunction> {
  return new Map([
    ['atoi', fixed(1, (text) => integerIn(textArgument(text)))],
    ['split', fixed(1, (text) => textArgument(text).split(','))],
    ['load_resource', fixed(1, (name) => readResource(textArgument(name), dir))],
    ['toml', fixed(1, (value) => tomlText(tableArgument(value)))],
    ['withEnv', fixed(1, (table) => mapOf([...tableArgument(table).entries, ['Env', env]]))],
    [
      'pick',
      fixed(2, (table, key) => {
        const name = textArgument(key);
        return mapOf([[name, tableArgument(table).entries.get(name)]]);
      }),
    ],
  ]);
}

function tableArgument(value: GoValue): GoMap {
  // nil counts as an empty table.
  if (value === undefined) return mapOf([]);
  if (typeof value === 'object' && 'kind' in value && value.kind === 'map') return value;
  throw new TemplateProblem(
    `expected a table, not ${value === undefined ? 'nothing' : `a value of type ${kindOf(value)}`}`,
  );
}

function integerIn(text: string): bigint {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
  if (value !== undefined && BigInt.asIntN(64, value) === value) return value;
  throw new TemplateProblem(`not an integer: ${JSON.stringify(text)}`);
}

function readResource(name: string, dir: string): GoMap {
  const file = join(dir, name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TemplateProblem(
      `cannot read ${file}: ${messageOf(error)}`,
      undefined,
      'The path is relative to the composition.',
    );
  }
  try {
    return mapOf(Object.entries(readTable(text, file)).map(([key, value]) => [key, goValueOf(value)]));
  } catch (error) {
    if (!(error instanceof TgError)) throw error;
    throw new TemplateProblem(`${error.where}: ${error.message}`, undefined, error.hint);
  }
}

function readTable(text: string, file: string): TomlTable {
  const at = (offset: number) => {
    const { line, column } = positionIn(text, offset);
    return `${file}:${line}:${column}`;
  };
  return parseToml(text, at, true);
}
