import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageName, packageRoot, packageVersion } from '../package.ts';
import { planFolder } from './artifact-record.ts';
import type { Artifact, Builder, BuildRequest } from './builder.ts';
import { bundleOf, importsIn, isTypeScript } from './bundle.ts';
import { artifactOf } from './make-artifact.ts';
import { findEntry } from './node-entry.ts';
import { checkInstalled, linkModules, modulesInReach } from './node-modules.ts';
import { planModules } from './npm-install.ts';
import { importsSdk } from './sdk-in-sources.ts';
import { copySources, digestOfTexts, digestSources, joinDigests, listSources } from './sources.ts';

const sdkNames = [`${packageName}/sdk`, '@testground/sdk'];
const id = 'exec:node';

/**
 * exec:node: a copy of the plan in which JavaScript stays as it is and a TypeScript entry is bundled by esbuild, with
 * `testground-tg/sdk` within its reach.
 */
export const execNode: Builder = {
  id,
  configKeys: ['entry'],
  async build(request): Promise<Artifact> {
    const { plan, spec, signal } = request;
    if (spec.selectors.length + spec.dependencies.length > 0 || spec.linkSdk !== undefined)
      request.warn(
        `${id} knows no selectors and no dependencies: --selector, --dep and --link-sdk are left out`,
      );
    return await artifactOf(request, {
      builder: id,
      look: () => lookAt(request),
      async make(dir, { entry, flags, files, modules, bundle }, settle) {
        const copy = join(dir, planFolder);
        await copySources(plan.dir, copy, files, signal);
        await settle();
        await modules.installInto(copy);
        if (bundle !== undefined) await writeFile(join(copy, bundle.file), bundle.code);
        const imports = bundle?.imports ?? (await importsIn(copy, plan.dir, entry));
        const places = [modules.dir, join(copy, 'node_modules')].filter((place) => place !== undefined);
        checkInstalled(plan.dir, places, imports);
        await linkModules(plan.dir, modules.dir, dir);
        const program = join(planFolder, bundle?.file ?? entry);
        const maps = bundle === undefined ? [] : ['--enable-source-maps'];
        return {
          command: [{ tool: 'node' }, ...flags, ...maps, { artifact: program }],
          // What import() loads is not among the imports.
          sdk:
            imports.some(({ path }) => sdkNames.includes(path)) || (await importsSdk(copy, files, [entry])),
          traits: { dialsByName: false, reopensStreams: false, stacksOnQuit: false },
          parts: [program, ...(modules.dir === undefined ? [] : [join(planFolder, 'node_modules')])],
        };
      },
    });
  },
};

/**
 * TypeScript is bundled at every look: what comes out holds all that decided about it, files outside the plan and each
 * tsconfig.json too.
 */
async function lookAt(request: BuildRequest) {
  const { plan, spec, home, signal } = request;
  const { entry, flags } = findEntry(plan.dir, spec.config['entry']);
  const files = await listSources(plan.dir, { except: home.root, signal });
  const modules = await planModules(request, files);
  const toolchain = [process.version, packageVersion(), packageRoot];
  const inReach = await modulesInReach(plan.dir, modules.dir);
  const around = [entry, ...flags, ...toolchain, plan.dir, ...inReach];
  const inside = await digestSources(plan.dir, files, around, signal);
  if (!isTypeScript(entry)) return { entry, flags, files, modules, bundle: undefined, digest: inside };
  const bundle = await bundleOf(plan.dir, entry, home.work, sdkNames);
  return {
    entry,
    flags,
    files,
    modules,
    bundle,
    digest: joinDigests([inside, digestOfTexts([bundle.code])]),
  };
}
