import type { Dependency, RunSpec } from '../run-spec.ts';
import type { Params } from './params.ts';
import { type ResolveContext, type RunRequest, resolveRun } from './resolve.ts';

/** What a person asked for with `run single`; what is undefined is taken from the manifest. */
export interface SingleRequest extends Omit<RunRequest, 'groups'> {
  readonly builder: string | undefined;
  readonly instances: number | undefined;
  readonly params: Params;
  readonly profiles: Params;
  readonly buildConfig: Readonly<Record<string, string>>;
  readonly selectors: readonly string[];
  readonly dependencies: readonly Dependency[];
  readonly artifact: string | undefined;
}

/** The group into which `run single` puts all instances. */
export const singleGroup = 'single';

/**
 * The run of one group that a request means.
 * @throws TgError (usage) for anything that does not fit; nothing was started then.
 */
export function resolveSingle(request: SingleRequest, context: ResolveContext): RunSpec {
  const { builder, instances, params, profiles, buildConfig, selectors, dependencies, artifact, ...run } =
    request;
  const where = { instances: '--instances', buildConfig: '--build-cfg' };
  const build = { builder, buildConfig, selectors, dependencies, artifact };
  const group = { id: singleGroup, where, ...build, instances, params, profiles };
  return resolveRun({ ...run, groups: [group] }, context);
}
