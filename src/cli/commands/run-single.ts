import { contextOf } from '../../library/context.ts';
import { singleSpecs } from '../../library/specs.ts';
import { homeOf } from '../../os/home.ts';
import { readDependency } from '../../plan/resolve/dependency.ts';
import { readProfiles } from '../../plan/resolve/profiles.ts';
import type { SingleRequest } from '../../plan/resolve/single.ts';
import type { Expectation } from '../../plan/run-spec.ts';
import type { ExitCode } from '../../util/exit-codes.ts';
import { executeAndReport } from '../execute.ts';
import { readKeyValues } from '../flags/key-values.ts';
import { type RunFlags, specOptionsOf } from '../flags/run-flags.ts';

/** The build flags of a command. */
export interface BuildFlags {
  readonly plan: string;
  readonly builder?: string;
  readonly buildCfg?: readonly string[];
  readonly selector?: readonly string[];
  readonly dep?: readonly string[];
}

/** The options of `run single` as parsed by commander. */
export interface RunSingleOptions extends RunFlags, BuildFlags {
  readonly testcase?: string;
  readonly runner?: string;
  readonly instances?: number;
  readonly testParam?: readonly string[];
  readonly profile?: readonly string[];
  readonly useBuild?: string;
  readonly expect?: Expectation;
}

/** `tg run single`: runs one group of instances, and collects their outputs if requested. */
export async function runSingle(options: RunSingleOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  const context = await contextOf(options.plan, home, options);
  const request = {
    ...buildRequest(options),
    testCase: options.testcase,
    runner: options.runner,
    instances: options.instances,
    artifact: options.useBuild,
    params: readKeyValues('--test-param', options.testParam ?? []),
    profiles: readProfiles(options.profile ?? []),
    expect: options.expect ?? 'success',
  } as const;
  const specs = singleSpecs(request, specOptionsOf(options, []), home, context);
  return (await executeAndReport(specs, options, home)).code;
}

/** The build request described by the flags. */
export function buildRequest({
  builder,
  buildCfg,
  selector,
  dep,
}: BuildFlags): Pick<SingleRequest, 'builder' | 'buildConfig' | 'selectors' | 'dependencies'> {
  return {
    builder,
    buildConfig: readKeyValues('--build-cfg', buildCfg ?? []),
    selectors: (selector ?? []).flatMap((names) => names.split(',')),
    dependencies: (dep ?? []).map((text) => readDependency(text, '--dep', process.cwd())),
  };
}
