import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TgError } from '../errors.ts';
import { artifactKey, artifactOr, planFolder } from './artifacts.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { insidePlan, isOn } from './config-values.ts';
import { ownProgram } from './own-program.ts';
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
    const { plan, spec, home } = request;
    const { build, run, toolchain } = spec.config;
    const dialsByName = isOn(spec.config, 'sync_by_name', id);
    const reopensStreams = spec.config['pipes'] === undefined || isOn(spec.config, 'pipes', id);
    const root = insidePlan(plan.dir, spec.config['path'] ?? '.', 'path');
    if (run === undefined || run.trim() === '') throw nothingToRun(root);
    if (spec.dependencies.length > 0 || spec.linkSdk !== undefined)
      request.warn(`${id} knows no dependencies: --dep and --link-sdk are left out`);
    const files = await listSources(root, { except: home.root });
    const tools = toolchain === undefined ? '' : await shell(request, toolchain, root);
    const { config, selectors, coverage } = spec;
    const settings = JSON.stringify([config, selectors, coverage, tools]);
    const digest = await digestSources(root, files, [root, settings]);
    return await artifactOr(home, artifactKey(id, plan.name, digest), async (dir) => {
      const copy = join(dir, planFolder);
      await copySources(root, copy, files);
      if (build !== undefined && build.trim() !== '') await shell(request, build, copy);
      // Only now: what the build line does there must not reach the plan's own.
      const [own, copied] = [join(root, 'node_modules'), join(copy, 'node_modules')];
      if (existsSync(own) && !existsSync(copied)) await symlink(own, copied);
      const direct = ownProgram(run, copy);
      return {
        command: direct ?? ['/bin/sh', '-c', run],
        sdk: false,
        traits: { dialsByName, reopensStreams, stacksOnQuit: false },
      };
    });
  },
};

async function shell({ spec, env, signal, plan }: BuildRequest, line: string, cwd: string): Promise<string> {
  return await runTool({
    program: '/bin/sh',
    args: ['-c', line],
    cwd,
    env: { ...env, BUILD_SELECTORS: spec.selectors.join(','), TG_PLAN_SOURCE: plan.dir },
    signal,
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
