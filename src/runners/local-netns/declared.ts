import { type AccessLink, presets } from '../../network/access-link.ts';
import { linkSettings, readAccessLink } from '../../network/read-access-link.ts';
import type { Found } from '../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../plan/resolve/runner-info.ts';
import type { RunnerValues, RunSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { readTexts, textsOf } from './text-list.ts';

/** The key of run configuration for the links of instances, whatever their plan asks for. */
export const declaredKey = 'net';

/** Reads `net`: links for all groups (`4g`) or for one (`clients:4g`), as a list or separated by semicolons. */
export function readDeclared(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(declaredKey);
  if (its === undefined) return { values: {}, doubts: [] };
  const texts = readTexts(its.value, ';');
  if (texts === undefined) throw problem(JSON.stringify(its.value), its.where);
  for (const text of texts) {
    const link = readAccessLink(partsOf(text).link);
    if (typeof link === 'string') throw problem(link, its.where);
  }
  return { values: texts.length === 0 ? {} : { [declaredKey]: texts }, doubts: [] };
}

function problem(what: string, where: string): TgError {
  return new TgError('usage', `net: ${what}`, {
    where,
    hint: `Presets: ${Object.keys(presets).join(', ')}. Settings: ${linkSettings.join(', ')}, as in latency=50ms,loss=1%. Put the name of a group and a colon before it for that group only.`,
  });
}

/** The link of a group's instances; undefined if none is declared. The last one that fits counts. */
export function declaredLink(values: RunnerValues, group: string): AccessLink | undefined {
  const fitting = textsOf(values, declaredKey)
    .map(partsOf)
    .findLast((each) => each.group === undefined || each.group === group);
  const link = fitting && readAccessLink(fitting.link);
  return typeof link === 'string' ? undefined : link;
}

/** Whether the link of any group is declared. */
export function isAnyDeclared(values: RunnerValues): boolean {
  return textsOf(values, declaredKey).length > 0;
}

/** @throws TgError (usage) for a group that the run does not have. */
export function checkDeclared({ config, groups }: Pick<RunSpec, 'config' | 'groups'>): void {
  for (const { group } of textsOf(config.runner, declaredKey).map(partsOf))
    if (group !== undefined && !groups.some(({ id }) => id === group))
      throw problem(`there is no group ${JSON.stringify(group)}`, declaredKey);
}

/** `clients:4g`: the group, if it is for one, and the link. */
function partsOf(text: string): { readonly group: string | undefined; readonly link: string } {
  const at = text.indexOf(':');
  if (at === -1) return { group: undefined, link: text };
  return { group: text.slice(0, at).trim(), link: text.slice(at + 1).trim() };
}
