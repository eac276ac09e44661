import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TgError } from '../errors.ts';
import { planFolder } from './artifact-record.ts';
import { withoutLeftovers } from './build-mark.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { insidePlan, isOn } from './config-values.ts';
import { artifactOf } from './make-artifact.ts';
import { ownProgram } from './own-program.ts';
import { importsSdk } from './sdk-in-sources.ts';
import { copySources, digestSources, listSources } from './sources.ts';
import { runTool } from './tool.ts';

const id = 'exec:generic';

/**
 * exec:generic: any plan. `build` is a line for the shell, carried out in a copy of the plan; `run` is the line that starts an
 * instance. It gets pipes for its output, unless it can do without: shells open /dev/stderr anew all the time.
 */
export const execGeneric: Builder = {
  id,
  configKeys: ['build', 'run', 'path', 'toolchain', 'sync_by_name', 'pipes'],
  async build(request): Promise<Artifact> {
    const { plan, spec, home, signal } = request;
    const { build, run, toolchain } = spec.config;
    const dialsByName = isOn(spec.config, 'sync_by_name', id);
    const reopensStreams = spec.config['pipes'] === undefined || isOn(spec.config, 'pipes', id);
    const root = insidePlan(plan.dir, spec.config['path'] ?? '.', 'path');
    if (run === undefined || run.trim() === '') throw nothingToRun(root);
    if (spec.dependencies.length > 0 || spec.linkSdk !== undefined)
      request.warn(`${id} knows no dependencies: --dep and --link-sdk are left out`);
    // Once: what it prints may be another thing each time.
    const tools = toolchain === undefined ? '' : await toolchainOf(request, toolchain, root);
    const { config, selectors, coverage } = spec;
    const hasPackages = existsSync(join(root, 'node_modules'));
    const around = [root, JSON.stringify([config, selectors, coverage, tools, hasPackages])];
    return await artifactOf(request, {
      builder: id,
      async look() {
        const files = await listSources(root, { except: home.root, signal });
        return { files, digest: await digestSources(root, files, around, signal) };
      },
      async make(dir, { files }, settle) {
        const copy = join(dir, planFolder);
        await copySources(root, copy, files, signal);
        // Before the build line: that has the copy, and may write into the plan's folder.
        await settle();
        if (build !== undefined && build.trim() !== '') await shell(request, build, copy);
        await linkPackages(root, copy);
        const direct = ownProgram(run, copy);
        return {
          command: direct ?? ['/bin/sh', '-c', run],
          sdk: await importsSdk(copy, files, [build ?? '', run]),
          traits: { dialsByName, reopensStreams, stacksOnQuit: false },
          parts: [planFolder, ...(direct === undefined ? [] : [join(planFolder, direct[0])])],
        };
      },
    });
  },
};

async function toolchainOf(request: BuildRequest, line: string, root: string): Promise<string> {
  return await withoutLeftovers(request.env, shell(request, line, root, 'both'));
}

/** After the build line: what that does must not reach the plan's own packages. */
async function linkPackages(root: string, copy: string): Promise<void> {
  const [own, copied] = [join(root, 'node_modules'), join(copy, 'node_modules')];
  if (existsSync(own) && !existsSync(copied)) await symlink(own, copied);
}

async function shell(
  { spec, env, signal, plan }: BuildRequest,
  line: string,
  cwd: string,
  stdout: 'words' | 'both' = 'words',
): Promise<string> {
  return await runTool({
    program: '/bin/sh',
    args: ['-c', line],
    cwd,
    env: { ...env, BUILD_SELECTORS: spec.selectors.join(','), TG_PLAN_SOURCE: plan.dir },
    signal,
    stdout,
    builder: id,
    failure: `the plan does not build with ${id}: ${line}`,
    where: plan.dir,
  });
}

function nothingToRun(root: string): TgError {
  const docker = existsSync(join(root, 'Dockerfile')) ? ' tg does not build its Dockerfile.' : '';
  return new TgError('usage', `${id} needs a run line`, {
    where: root,
    hint: `Say how an instance is started, in the manifest: [builders."${id}"] with run = "python3 main.py", and build = "make" where something is to be built.${docker}`,
  });
}
