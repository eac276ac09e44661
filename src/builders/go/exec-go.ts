import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempFolder } from '../../os/temp-folder.ts';
import type { CommandArtifact } from '../../plan/artifact.ts';
import type { Builder } from '../builder.ts';
import { wordsIn } from '../config-values.ts';
import { linkPackages } from '../sources/packages.ts';
import { copySources, type SourceFile } from '../sources/sources.ts';
import { planFolder } from '../store/artifact-record.ts';
import { artifactOf } from '../store/find-or-build.ts';
import { analyzeGo } from './analyze.ts';
import { buildGo } from './build.ts';

const id = 'exec:go';

/**
 * exec:go: builds with `go build` in the plan's folder, with copies of its go.mod and go.sum so that nothing is
 * written there. Selectors are build tags.
 */
export const execGo: Builder = {
  id,
  configKeys: [
    ...['path', 'exec_pkg', 'modfile', 'module_path', 'fresh_gomod', 'go_version', 'build_base_image'],
    ...['go_proxy_mode', 'go_proxy_url', 'build_flags', 'args'],
  ],
  async build(request): Promise<CommandArtifact> {
    const { plan, spec, signal, warn: note } = request;
    const args = wordsIn(spec.config['args'] ?? '', 'args');
    // Go uses real paths.
    const scratch = await realpath(makeTempFolder('go'));
    try {
      return await artifactOf(request, {
        builder: id,
        analyze: async () => await analyzeGo(request, await mkdtemp(join(scratch, 'module-')), note),
        async make(dir, look, confirmInputs) {
          const program = join(dir, 'bin', 'plan');
          const { read, about } = await buildGo(request, look, { program, scratch, note });
          await copySources(plan.dir, join(dir, planFolder), look.files.filter(isShipped), signal);
          await linkPackages(plan.dir, join(dir, planFolder), look.packages);
          await confirmInputs(read);
          return {
            command: [{ artifact: 'bin/plan' }, ...args],
            sdk: /\tgithub\.com\/testground\/sdk-go\t/.test(about),
            traits: { dialsByName: false, reopensStreams: false, stacksOnQuit: true },
            parts: ['bin/plan', planFolder],
          };
        },
      });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

/** Whether a running plan may read a file: everything but Go sources. */
function isShipped({ path }: SourceFile): boolean {
  return !/(^|\/)vendor\//.test(path) && !/(\.go|(^|\/)go\.(mod|sum|work|work\.sum))$/.test(path);
}
