import type { GroupSpec, RunSpec } from './run-spec.ts';

/** Replaces the value of a secret parameter in stored files. */
export const secretOnRecord = '***';

/** The values of all secret parameters of a run. */
export function secretValuesOf({ groups }: Pick<RunSpec, 'groups'>): Set<string> {
  return new Set(groups.flatMap(({ secrets, params }) => secrets.map((name) => params[name] ?? '')));
}

/** A run without the values of its secret parameters, to be shown or stored. */
export function withoutSecrets(spec: RunSpec): RunSpec {
  return { ...spec, groups: spec.groups.map(groupWithoutSecrets) };
}

function groupWithoutSecrets(group: GroupSpec): GroupSpec {
  const hidden = group.secrets.map((name) => [name, secretOnRecord] as const);
  return { ...group, params: { ...group.params, ...Object.fromEntries(hidden) } };
}
