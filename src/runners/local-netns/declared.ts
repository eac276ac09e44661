import { type AccessLink, presets } from '../../network/access-link.ts';
import { linkSettings, readAccessLink } from '../../network/read-access-link.ts';
import { readPath } from '../../network/topology/path.ts';
import { type NetworkTable, networkTableSchema } from '../../plan/network-table.ts';
import type { Found } from '../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../plan/resolve/runner-info.ts';
import type { RunnerValues } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { readTexts, textsOf } from '../process/config/text-list.ts';

/** The key of run configuration for links and paths, whatever the plan asks for. */
export const linksKey = 'net';
/** The key of run configuration for the network that a composition declares: its table `[network]`. */
export const tableKey = 'network';

/** Reads `net`: links (`4g`, `clients:4g`) and paths (`eu>us:loss=1%`), as a list or separated by semicolons. */
export function readLinks(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(linksKey);
  if (its === undefined) return { values: {}, doubts: [] };
  const texts = readTexts(its.value, ';');
  if (texts === undefined) throw linkProblem(JSON.stringify(its.value), its.where);
  checkTexts(texts, its.where);
  return { values: texts.length === 0 ? {} : { [linksKey]: texts }, doubts: [] };
}

/** Reads the table `[network]`. */
export function readTable(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(tableKey);
  if (its === undefined) return { values: {}, doubts: [] };
  const { data, error } = networkTableSchema.safeParse(its.value);
  if (data === undefined)
    throw new TgError('usage', `network: ${error.issues.map(({ message }) => message).join('; ')}`, {
      where: its.where,
      hint: 'Write it as the table [network] of a composition: docs/networks.md.',
    });
  checkTexts(data.links, its.where);
  return { values: { [tableKey]: data }, doubts: [] };
}

function checkTexts(texts: readonly string[], where: string): void {
  for (const text of texts) {
    const read = readPath(text) ?? readAccessLink(linkIn(text).link);
    if (typeof read === 'string') throw linkProblem(read, where);
  }
}

/** Pairs of regions are not listed. */
const presetNames = Object.keys(presets)
  .filter((name) => !name.startsWith('wan:') || name === 'wan:eu-us')
  .join(', ');

function linkProblem(what: string, where: string): TgError {
  return new TgError('usage', `net: ${what}`, {
    where,
    hint: `Presets: ${presetNames}. Settings: ${linkSettings.join(', ')}, as in latency=50ms,loss=1%. Put the name of a group and a colon before it for that group only; a>b: before settings is a path.`,
  });
}

/** The link of some instances. */
export interface DeclaredLink {
  /** The group, region or instance that has it; undefined for all. */
  readonly of: string | undefined;
  readonly link: AccessLink;
}

/** What is declared about the network of a run. */
export interface Declared {
  readonly table: NetworkTable;
  /** Of those that fit an instance, the last one counts. */
  readonly links: readonly DeclaredLink[];
  /** As texts. */
  readonly paths: readonly string[];
}

/** What a configuration declares; undefined if it declares nothing. */
export function declaredIn(values: RunnerValues): Declared | undefined {
  const given = values[tableKey];
  const texts = textsOf(values, linksKey);
  if (given === undefined && texts.length === 0) return undefined;
  const table = networkTableSchema.parse(given ?? {});
  const all = [...table.links, ...texts];
  const isPath = (text: string) => readPath(text) !== undefined;
  const links = all
    .filter((text) => !isPath(text))
    .flatMap((text) => {
      const { of, link } = linkIn(text);
      const read = readAccessLink(link);
      return typeof read === 'string' ? [] : [{ of, link: read }];
    });
  return { table, links, paths: all.filter(isPath) };
}

/** `clients:4g`: whose link it is, if not that of all, and the link. The names of some presets have a colon. */
function linkIn(text: string): { readonly of: string | undefined; readonly link: string } {
  const at = text.indexOf(':');
  if (at === -1 || Object.hasOwn(presets, text)) return { of: undefined, link: text };
  return { of: text.slice(0, at).trim(), link: text.slice(at + 1).trim() };
}
