import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that holds this package's package.json. Works from src and from dist. */
export const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** Templates of plans, a folder for each language. */
export const templatesFolder = fileURLToPath(new URL('../templates', import.meta.url));

/** The plans that ship with tg. */
export const shippedPlans = fileURLToPath(new URL('../plans', import.meta.url));

/** The name under which a plan imports this package: `<name>/sdk`. */
export const packageName = 'testground-tg';

/** The version in package.json. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json has no version');
}
