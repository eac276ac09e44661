import { readFile } from 'node:fs/promises';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { messageOf, TgError } from '../../errors.ts';

/**
 * Reads a TOML file and checks it against a schema.
 * @throws TgError (usage) with file, line and column for broken TOML, with the key path of every problem otherwise.
 */
export async function readToml<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const checked = schema.safeParse(parseToml(await readText(file), file));
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${keyPath(path)}: ${inWords(message)}`);
  throw new TgError('usage', problems.join('\n'), { where: file });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TgError('usage', `cannot be read: ${messageOf(cause)}`, { where: file, cause });
  }
}

function parseToml(text: string, file: string): unknown {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' });
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // smol-toml puts a picture of the place below the first line.
    const [what = '', ...picture] = cause.message.split('\n');
    throw new TgError('usage', what.replace(/^Invalid TOML document: /, 'broken TOML: '), {
      where: `${file}:${cause.line}:${cause.column}`,
      hint: picture.join('\n').trim() === '' ? undefined : picture.join('\n').trimEnd().replace(/^\n+/, ''),
      cause,
    });
  }
}

/** zod's message; of a missing key it says that it received undefined. */
function inWords(message: string): string {
  const expected = /^Invalid input: expected (\w+), received (\w+)$/.exec(message);
  if (expected === null) return message;
  const [, wanted = '', got] = expected;
  return got === 'undefined' ? `is missing; it must be a ${wanted}` : `must be a ${wanted}, not a ${got}`;
}

/** `testcases[0].params.n`, as a person would write it. */
function keyPath(path: readonly PropertyKey[]): string {
  let out = '';
  for (const key of path) {
    if (typeof key === 'number') out += `[${key}]`;
    else out += out === '' ? String(key) : `.${String(key)}`;
  }
  return out === '' ? 'the file' : out;
}
