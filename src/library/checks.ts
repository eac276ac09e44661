import { findArtifact } from '../build/artifacts.ts';
import { checkBuildConfig } from '../build/builders.ts';
import { allOf } from '../errors.ts';
import type { Home } from '../home.ts';
import type { RunSpec } from '../plan/run-spec.ts';

/** @throws TgError with every build configuration and artifact of runs that does not fit. */
export async function checkBuilds(specs: readonly RunSpec[], home: Home): Promise<void> {
  const groups = specs.flatMap((spec) => spec.groups.map((group) => ({ ...group, plan: spec.plan.name })));
  const checks = await Promise.allSettled(
    groups.map(async ({ build, artifact, plan }) => {
      await checkBuildConfig(build);
      if (artifact !== undefined) await findArtifact(home, artifact, build.builder, plan);
    }),
  );
  allOf(
    checks.map((check) => () => {
      if (check.status === 'rejected') throw check.reason;
    }),
  );
}
