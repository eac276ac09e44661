import { existsSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { TgError } from '../util/errors.ts';
import { shellWords } from '../util/shell-words.ts';

type Config = Readonly<Record<string, string>>;

/** Parses a boolean build configuration. @throws TgError (usage) unless it is true or false. */
export function isOn(config: Config, key: string, builder: string): boolean {
  const value = config[key] ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new TgError('usage', `${key} must be true or false, not "${value}"`, {
    where: `the build configuration of ${builder}`,
    hint: `Write --build-cfg ${key}=true, or leave it out.`,
  });
}

/**
 * Splits a build configuration into words, as a shell would.
 * @throws TgError (usage) for an unclosed quote.
 */
export function wordsIn(text: string, key: string): string[] {
  const words = shellWords(text);
  if (words === undefined)
    throw new TgError('usage', `${key} has a quote that is not closed: ${text}`, {
      hint: 'Close it, or write a backslash before it.',
    });
  return words;
}

/**
 * Resolves a path in the build configuration that must be inside the plan.
 * @throws TgError (build) if it is outside or missing.
 */
export function insidePlan(planDir: string, configured: string, key: string): string {
  const place = join(planDir, configured);
  if (isAbsolute(configured) || relative(planDir, place).split('/')[0] === '..') {
    throw new TgError('build', `the ${key} "${configured}" is not inside the plan`, {
      where: planDir,
      hint: 'Give its path relative to the plan’s folder.',
    });
  }
  if (existsSync(place)) return place;
  throw new TgError('build', `the ${key} "${configured}" does not exist`, {
    where: planDir,
    hint: `Correct ${key}, in the builder’s section of the manifest or with --build-cfg.`,
  });
}
