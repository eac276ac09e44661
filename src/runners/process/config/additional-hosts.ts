import type { Found } from '../../../plan/resolve/layered-config.ts';
import type { RunnerConfig } from '../../../plan/resolve/runner-info.ts';
import type { RunnerValues } from '../../../plan/run-spec.ts';
import { TgError } from '../../../util/errors.ts';
import { readTexts, textsOf } from './text-list.ts';

/** The key of run configuration for hosts outside of the run that its instances reach. */
export const additionalHostsKey = 'additional_hosts';

/** Reads `additional_hosts`: names, as a list or separated by commas. */
export function readAdditionalHosts(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig {
  const its = found.get(additionalHostsKey);
  if (its === undefined) return { values: {}, doubts: [] };
  const texts = readTexts(its.value, ',');
  if (texts === undefined) return { values: {}, doubts: [doubtOf(its.value, its.where)] };
  const names = [...new Set(texts.filter(isHost))];
  return {
    values: names.length === 0 ? {} : { [additionalHostsKey]: names },
    doubts: texts.filter((text) => !isHost(text)).map((text) => doubtOf(text, its.where)),
  };
}

function isHost(text: string): boolean {
  return /^[\w.-]+$/.test(text);
}

function doubtOf(value: unknown, where: string): TgError {
  return new TgError('usage', `additional_hosts: ${JSON.stringify(value)} is not the name of a host`, {
    where,
    hint: 'Write names without ports: additional_hosts = ["http-echo"].',
  });
}

/** The names of additional hosts in a runner's configuration. */
export function additionalHostsIn(values: RunnerValues): readonly string[] {
  return textsOf(values, additionalHostsKey);
}

/** The variable by which instances know them; none if there are none. */
export function additionalHostsVariable(values: RunnerValues): Readonly<Record<string, string>> {
  const names = additionalHostsIn(values);
  return names.length === 0 ? {} : { ADDITIONAL_HOSTS: names.join(',') };
}
