import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize } from 'node:path';
import { importsSdkInPython } from './python-imports.ts';
import type { SourceFile } from './sources.ts';

/**
 * Patterns for imports of an SDK, by file extension. Commented lines do not count. A pattern spans lines only if an
 * import does: it would take quadratic time otherwise.
 */
const imports: Readonly<Record<string, RegExp>> = {
  '.go': /^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"github\.com\/testground\/sdk-go\//m,
  '.rs':
    /^[ \t]*(?:pub[ \t]+)?(?:use|extern[ \t]+crate)[ \t]+(?:::)?testground\b|^(?![ \t]*\/\/).*?\btestground::client::/m,
};
/** Anywhere in a line, since programs are bundled and minified. */
const importsInJavaScript =
  /^(?![ \t]*(?:\/\/|\*(?!\/))).*?(?<![\w$.'"`])(?:from|import|require)\s{0,80}\(?\s{0,80}['"](?:@testground\/sdk|testground-tg\/sdk)(?:\/[^'"\n]*)?['"]/m;
/** A script, or a program that runs a command, reports with `tg sync event`. */
const reportsByCommand =
  /^(?![ \t]*(?:#|\/\/)).*?\btg[ \t"',]{1,8}sync[ \t"',]{1,8}event[ \t"',]{1,8}(?:start|success)\b/m;
const isJavaScript = (path: string) => /\.[cm]?[jt]sx?$/.test(path);

/** The files that a tool reads without being given their names. */
const readBy: readonly (readonly [tool: RegExp, reads: (path: string) => boolean])[] = [
  [/\bgo\s+(?:build|run|install)\b/, (path) => extname(path) === '.go'],
  [/\bcargo\b/, (path) => extname(path) === '.rs'],
  [/\b(?:npm|npx|pnpm|yarn|tsc)\b/, (path) => isJavaScript(path) || path === 'package.json'],
  [/\b(?:uv|pip|poetry|pdm|hatch)\b/, (path) => path === 'pyproject.toml'],
  [/\bmake\b/, (path) => /^(?:GNU)?[Mm]akefile$/.test(path)],
];

/** The maximum number of bytes read of a file; a larger source is assumed to be generated. */
const maxBytes = 1024 * 1024;

/**
 * Whether a plan with an unknown build uses an SDK: one of its used sources imports one, or reports with `tg sync
 * event`. Used are the sources that its shell lines name, those that a tool in the lines reads, and, transitively,
 * those named there.
 * @param root the folder of the plan.
 * @param files its files, as returned by listSources.
 * @param lines how it is built and started.
 */
export async function importsSdk(
  root: string,
  files: readonly SourceFile[],
  lines: readonly string[],
): Promise<boolean> {
  const named = new Naming(files.filter(({ size }) => size <= maxBytes).map(({ path }) => path));
  if (lines.some((line) => reportsByCommand.test(line))) return true;
  const next = lines.flatMap((line) => named.by(line, '.'));
  for (const path of next) {
    const text = await readFile(join(root, path), 'utf8').catch(() => '');
    if (text.includes('\0')) continue;
    if (importsSdkIn(path, text) || reportsByCommand.test(text)) return true;
    next.push(...named.by(text, dirname(path)));
  }
  return false;
}

function importsSdkIn(path: string, text: string): boolean {
  if (extname(path) === '.py') return importsSdkInPython(text);
  return (isJavaScript(path) ? importsInJavaScript : imports[extname(path)])?.test(text) ?? false;
}

/**
 * Finds the files of a plan that texts name, each file once, so that the cost of a text depends on its new names
 * rather than on all files.
 */
class Naming {
  /** The files by path and by each ancestor folder, until they are named. */
  readonly #byPlace = new Map<string, string[]>();
  readonly #paths: readonly string[];
  readonly #hasPython: boolean;
  readonly #tools = new Set(readBy);
  readonly #named = new Set<string>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
    this.#hasPython = paths.some((path) => extname(path) === '.py');
    for (const path of paths)
      for (const place of placesOf(path)) {
        const there = this.#byPlace.get(place);
        if (there === undefined) this.#byPlace.set(place, [path]);
        else there.push(path);
      }
  }

  /**
   * The files that a text names or that its tools read, by their paths in the plan or from the text's own folder; a
   * folder stands for everything in it. Excludes files returned earlier.
   */
  by(text: string, folder: string): string[] {
    const words = new Set(text.match(/[\w@.+/-]+/g));
    const places = [...words].flatMap((word) => [
      ...[normalize(word), normalize(join(folder, word))],
      ...(this.#hasPython ? modulesOf(word, folder) : []),
    ]);
    const found = [...places.flatMap((place) => this.#at(place)), ...this.#readByTools(text)];
    return found.filter((path) => {
      const isNew = !this.#named.has(path);
      this.#named.add(path);
      return isNew;
    });
  }

  #at(place: string): string[] {
    const there = this.#byPlace.get(place) ?? [];
    this.#byPlace.delete(place);
    return there;
  }

  #readByTools(text: string): string[] {
    const tools = [...this.#tools].filter(([tool]) => tool.test(text));
    for (const tool of tools) this.#tools.delete(tool);
    return tools.flatMap(([, reads]) => this.#paths.filter(reads));
  }
}

/**
 * The paths that a Python module name may refer to: `cases.meet` to cases/meet.py and cases/meet, in the plan, in
 * its src folder, and in the folder of the importing file.
 */
function modulesOf(word: string, folder: string): string[] {
  const [, name] = /^\.*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)$/.exec(word) ?? [];
  if (name === undefined) return [];
  const path = name.replaceAll('.', '/');
  return ['.', 'src', folder].flatMap((place) =>
    ['.py', '/__init__.py', '/__main__.py'].map((end) => normalize(join(place, `${path}${end}`))),
  );
}

/** A path and its ancestor folders. */
function placesOf(path: string): string[] {
  const above = dirname(path);
  return above === '.' ? [path, `${path}/`] : [path, `${path}/`, ...placesOf(above)];
}
