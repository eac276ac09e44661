import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandArtifact } from '../../plan/artifact.ts';
import type { Dockerfile } from '../../plan/docker/dockerfile.ts';
import { dockerfileOf } from '../../plan/docker/generic.ts';
import { TgError } from '../../util/errors.ts';
import { truncate } from '../../util/truncate.ts';
import type { Builder, BuildRequest } from '../builder.ts';
import { insidePlan, isOn } from '../config-values.ts';
import { textsNamedBy } from '../sources/named-texts.ts';
import {
  digestPackages,
  lendPackages,
  linkPackagesForGood,
  linkTo,
  makesPackages,
} from '../sources/packages.ts';
import { digestEnvironment, usesEnvironment } from '../sources/python-environment.ts';
import { importsSdk } from '../sources/sdk-in-sources.ts';
import { copySources, type Digest, digestSources, joinDigests } from '../sources/sources.ts';
import { sourcesFor } from '../sources/sources-for.ts';
import { planFolder } from '../store/artifact-record.ts';
import { failureLog } from '../store/artifacts.ts';
import { artifactOf } from '../store/find-or-build.ts';
import { digestInput } from '../store/inputs.ts';
import { withoutLeftovers } from '../tool/build-mark.ts';
import { runTool } from '../tool/tool.ts';
import { inputsBeside } from './inputs.ts';
import { asMissingProgram } from './missing-program.ts';
import { ownProgram } from './own-program.ts';

const id = 'exec:generic';

/**
 * exec:generic: any plan. `build` is a shell line that runs in a copy of the plan; `run` is the shell line that
 * starts an instance. Output goes to pipes unless the program does not need them, because shells often reopen
 * /dev/stderr.
 */
export const execGeneric: Builder = {
  id,
  configKeys: ['build', 'run', 'path', 'inputs', 'toolchain', 'sync_by_name', 'pipes'],
  async build(request): Promise<CommandArtifact> {
    const { plan, spec, signal } = request;
    const { build, run, toolchain } = spec.config;
    const dialsByName = isOn(spec.config, 'sync_by_name', id);
    const reopensStreams = spec.config['pipes'] === undefined || isOn(spec.config, 'pipes', id);
    const root = insidePlan(plan.dir, spec.config['path'] ?? '.', 'path');
    if (run === undefined || run.trim() === '') throw nothingToRun(root);
    if (spec.dependencies.length > 0 || spec.linkSdk !== undefined)
      request.warn(`${id} does not support dependencies: --dep and --link-sdk are ignored`);
    // Once, because the output may differ each time.
    const tools = toolchain === undefined ? '' : await toolchainOf(request, toolchain, root);
    const beside = inputsBeside(request, root);
    return await artifactOf(request, {
      builder: id,
      place: 'final',
      analyze: () => analyze(request, { root, run, tools, beside }),
      async make(dir, { files, environments, packages, buildTexts }, confirmInputs) {
        const copy = join(dir, planFolder);
        await copySources(root, copy, files, signal);
        // Before the build line, which works in the copy but may write into the plan's folder.
        await confirmInputs();
        let lent: readonly string[] = [];
        if (isBuilt(build)) {
          for (const path of environments)
            if (usesEnvironment(buildTexts, path)) await linkTo(join(root, path), join(copy, path));
          if (!makesPackages(buildTexts)) lent = await lendPackages(root, copy, packages);
          const before = await digestBeside(request, beside);
          await shell(request, build, copy);
          // The inputs outside of the copy must still match the key, or the build is repeated.
          if ((await digestBeside(request, beside)).moment !== before.moment) await confirmInputs();
        }
        // After the build line, which must not write into the plan's own environments.
        for (const path of environments) await linkTo(join(root, path), join(copy, path));
        await linkPackagesForGood(root, copy, packages, lent);
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

interface Asked {
  /** The folder that is copied. */
  readonly root: string;
  readonly run: string;
  /** The output of the toolchain line. */
  readonly tools: string;
  /** The paths that the build line reads outside of the copy. */
  readonly beside: readonly string[];
}

async function analyze(request: BuildRequest, { root, run, tools, beside }: Asked) {
  const { spec, signal } = request;
  const { config, selectors, coverage } = spec;
  const { build } = config;
  const named = { root, called: 'its build or run line' };
  const buildTexts = await textsNamedBy({ ...named, lines: isBuilt(build) ? [build] : [] });
  const texts = [...buildTexts, ...(await textsNamedBy({ ...named, lines: [run] }))];
  const { files, leftOut, packages, linked } = await sourcesFor(request, root, texts);
  const environments = leftOut.filter(({ kind }) => kind === 'environment').map(({ path }) => path);
  const settings = JSON.stringify([config, selectors, coverage, tools, packages]);
  const digest = joinDigests([
    await digestSources(root, files, [root, settings], signal),
    ...(await Promise.all(environments.map((path) => digestEnvironment(join(root, path))))),
    // A plan without a build line uses the packages unchanged.
    ...(isBuilt(build) ? await Promise.all(packages.map((path) => digestPackages(join(root, path)))) : []),
    await digestBeside(request, beside),
  ]);
  const missing = leftOut.filter(({ kind }) => kind !== 'environment');
  return { files, environments, packages, buildTexts, digest, leftOut: missing, linked };
}

function isBuilt(build: string | undefined): build is string {
  return build !== undefined && build.trim() !== '';
}

async function digestBeside({ env }: BuildRequest, beside: readonly string[]): Promise<Digest> {
  return joinDigests(await Promise.all(beside.map((name) => digestInput({ kind: 'file', name }, env))));
}

async function toolchainOf(request: BuildRequest, line: string, root: string): Promise<string> {
  return await withoutLeftovers(request.env, shell(request, line, root, 'both'));
}

async function shell(
  request: BuildRequest,
  line: string,
  cwd: string,
  stdout: 'words' | 'both' = 'words',
): Promise<string> {
  const { spec, env, signal, plan, progress } = request;
  const running = runTool({
    program: '/bin/sh',
    args: ['-c', line],
    cwd,
    env: { ...env, BUILD_SELECTORS: spec.selectors.join(','), TG_PLAN_SOURCE: plan.dir },
    signal,
    stdout,
    onLine(line) {
      if (line.trim() !== '') progress(line.trim());
    },
    builder: id,
    log: failureLog(request),
    failure: `the plan does not build with ${id}: ${firstLineOf(line)}`,
    where: plan.dir,
  });
  return await running.catch((error: unknown) => {
    throw asMissingProgram(id, error);
  });
}

function firstLineOf(text: string): string {
  const [first = '', ...more] = text.trim().split('\n');
  return truncate(first, 120) + (more.length > 0 ? ' …' : '');
}

function nothingToRun(root: string): TgError {
  const example = `In the manifest, give the command that starts an instance: [builders."${id}"] with run = "python3 main.py", and build = "make" if it needs a build.`;
  const dockerfile = dockerfileOf(root, {});
  return new TgError('usage', `${id} needs a run line`, {
    where: root,
    hint: dockerfile === undefined ? example : adviceFrom(dockerfile, root),
  });
}

/**
 * Commands that install programs in an image and download modules: here programs are installed already, and modules
 * come with the build.
 */
const installing = /\b(?:apt-get|apt|apk|yum|dnf|pip3? install|go mod download)\b/;

/** Describes the manifest that would replace a Dockerfile, which tg does not build. */
function adviceFrom({ stages, start }: Dockerfile, root: string): string {
  const lines = stages.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'run' ? [step.line] : [])),
  );
  const build = lines.filter((line) => !installing.test(line)).join(' && ');
  const run = start?.join(' ') ?? './PROGRAM';
  const builder = existsSync(join(root, 'go.mod')) ? 'exec:go' : 'exec:node';
  const isOther = existsSync(join(root, 'go.mod')) || existsSync(join(root, 'package.json'));
  return [
    'tg does not build its Dockerfile. Its equivalent in the manifest, with paths relative to the plan’s folder:',
    `[builders."${id}"]`,
    ...(build === '' ? [] : [`build = ${JSON.stringify(build)}`]),
    `run = ${JSON.stringify(run)}`,
    ...(isOther ? [`Or build it with --builder ${builder}.`] : []),
  ].join('\n');
}
