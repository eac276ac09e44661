import { readFile, stat } from 'node:fs/promises';
import { parse, TomlError, type TomlTable } from 'smol-toml';
import { readPipe } from '../../os/named-pipe.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { redactUrls } from '../../util/redact-url.ts';

/** Reads a file. @throws TgError (usage) if it cannot be read. */
export async function readTomlText(file: string): Promise<string> {
  try {
    return (await stat(file)).isFIFO() ? await readPipe(file) : await readFile(file, 'utf8');
  } catch (cause) {
    throw new TgError('usage', `cannot be read: ${messageOf(cause)}`, {
      where: file,
      hint: 'Check its name and its permissions.',
      cause,
    });
  }
}

/**
 * Parses TOML.
 * @param at formats the place of an offset.
 * @param bigIntegers whether all integers are parsed as bigint, and not only those beyond 2^53.
 * @throws TgError (usage) with the place of a syntax error.
 */
export function parseToml(text: string, at: (offset: number) => string, bigIntegers = false): TomlTable {
  try {
    return parse(text, { integersAsBigInt: bigIntegers || 'asNeeded' });
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // smol-toml appends a code frame to the first line.
    const [what = '', ...picture] = cause.message.split('\n');
    throw new TgError('usage', what.replace(/^Invalid TOML document: /, 'broken TOML: '), {
      where: at(offsetAt(text, cause.line, cause.column)),
      hint: picture.join('\n').trim() === '' ? undefined : pictureOf(picture),
      cause,
    });
  }
}

/** Formats the code frame, with passwords in URLs redacted. */
function pictureOf(lines: readonly string[]): string {
  return redactUrls(lines.join('\n').trimEnd().replace(/^\n+/, ''));
}

function offsetAt(text: string, line: number, column: number): number {
  const above = text.split('\n').slice(0, line - 1);
  return above.reduce((sum, { length }) => sum + length + 1, 0) + column - 1;
}
