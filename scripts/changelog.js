// Edits CHANGELOG.md. `release`: moves the unreleased section to package.json's version; npm runs it in `npm
// version`. `notes [vX.Y.Z]`: prints the section of a version, or the unreleased section.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const unreleased = '## Unreleased';
const inRoot = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/**
 * Returns the text with the unreleased section moved to a version, and an empty section above it.
 * @param day as in 2026-01-31.
 * @throws Error if nothing is unreleased, or the version exists already.
 */
export function released(text, version, day) {
  if (notesOf(text, unreleased) === '') throw new Error(`there is nothing under "${unreleased}"`);
  if (headingOf(text, version) !== undefined) throw new Error(`${version} already exists`);
  return text.replace(`${unreleased}\n`, () => `${unreleased}\n\n## ${version} (${day})\n`);
}

/** Returns the section of a version. @throws Error if it does not exist. */
export function notesFor(text, version) {
  const heading = headingOf(text, version);
  if (heading === undefined) throw new Error(`CHANGELOG.md has no section for ${version}`);
  return notesOf(text, heading);
}

function headingOf(text, version) {
  return text.split('\n').find((line) => line === `## ${version}` || line.startsWith(`## ${version} (`));
}

function notesOf(text, heading) {
  const [, rest] = `\n${text}`.split(`\n${heading}\n`);
  if (rest === undefined) throw new Error(`CHANGELOG.md has no line "${heading}"`);
  return rest.split(/^## /m)[0].trim();
}

function main([command, tag]) {
  const text = readFileSync(inRoot('CHANGELOG.md'), 'utf8');
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  if (command === 'release') {
    const day = new Date().toISOString().slice(0, 10);
    writeFileSync(inRoot('CHANGELOG.md'), released(text, version, day));
  } else if (command === 'notes' && tag === undefined) {
    process.stdout.write(`${notesFor(text, 'Unreleased')}\n`);
  } else if (command === 'notes') {
    if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, and package.json has ${version}`);
    process.stdout.write(`${notesFor(text, version)}\n`);
  } else {
    throw new Error('usage: node scripts/changelog.js release | notes [vX.Y.Z]');
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
