import type { Dependency, Expectation, Params } from '../run-spec.ts';
import type { RequestedRun } from './requested.ts';

/** A request of `run single`; undefined values are taken from the manifest. */
export interface SingleRequest {
  readonly builder: string | undefined;
  readonly instances: number | undefined;
  readonly params: Params;
  readonly profiles: Params;
  readonly buildConfig: Params;
  readonly selectors: readonly string[];
  readonly dependencies: readonly Dependency[];
  readonly artifact: string | undefined;
  readonly expect: Expectation;
}

/** The group of all instances of `run single`. */
const singleGroup = 'single';
/** The name of a run without a name. */
export const defaultRun = 'default';

/** Converts a request to a run of one group. */
export function singleRun(request: SingleRequest): RequestedRun {
  const { builder, instances, params, profiles, buildConfig, ...others } = request;
  const group = {
    id: singleGroup,
    of: singleGroup,
    builder: builder === undefined ? undefined : { value: builder, where: '--builder' },
    buildConfig: [{ where: '--build-cfg', values: buildConfig }],
    instances: instances === undefined ? undefined : { value: instances, where: '--instances' },
    params: [{ where: '--test-param', values: params }],
    profiles: [{ where: '--profile', values: profiles }],
    ...others,
  };
  return {
    ...{
      name: defaultRun,
      of: defaultRun,
      combination: {},
      runConfig: [],
      groups: [group],
      thresholds: [],
      faults: [],
    },
    countsFor: (total) => [total],
  };
}
