import { dirname } from 'node:path';
import type { CommandArtifact } from '../../plan/artifact.ts';
import type { Builder, BuildRequest } from '../builder.ts';
import { artifactOf } from '../store/find-or-build.ts';
import { analyze } from './analyze.ts';
import { makeNodeArtifact } from './make-node-artifact.ts';
import { readPackage } from './package.ts';
import { chooseNode } from './version.ts';

const id = 'exec:node';

/**
 * exec:node: a copy of the plan in which JavaScript is unchanged and code that uses TypeScript is bundled by
 * esbuild, with `testground-tg/sdk` in reach.
 */
export const execNode: Builder = {
  id,
  configKeys: ['entry'],
  async build(asked): Promise<CommandArtifact> {
    const { plan, spec, env } = asked;
    if (spec.selectors.length + spec.dependencies.length > 0 || spec.linkSdk !== undefined)
      asked.warn(
        `${id} supports neither selectors nor dependencies: --selector, --dep and --link-sdk are ignored`,
      );
    const node = await chooseNode(plan.dir, await readPackage(plan.dir), env);
    if (node.note !== undefined) (node.program === undefined ? asked.warn : asked.report)(node.note);
    const request = node.program === undefined ? asked : withNode(asked, node.program);
    const artifact = await artifactOf(request, {
      builder: id,
      analyze: () => analyze(request, node),
      make: (dir, analysis, confirmInputs) =>
        makeNodeArtifact({ request, node, analysis, dir }, confirmInputs),
    });
    return { ...artifact, doubt: node.program === undefined ? node.note : undefined };
  },
};

/** Build tools use the plan's Node too, since packages may compile native code for it. */
function withNode(request: BuildRequest, program: string): BuildRequest {
  const { env } = request;
  return { ...request, env: { ...env, PATH: `${dirname(program)}:${env['PATH'] ?? ''}` } };
}
