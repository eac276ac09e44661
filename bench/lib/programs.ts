import { accessSync, constants, mkdirSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { root } from './ground.ts';
import { run } from './process.ts';

/** The programs that a benchmark needs on PATH besides Node. */
export type Tool = 'go' | 'cc' | 'redis-server' | 'tar' | 'unshare';

/** Whether a program is on PATH. */
export function isThere(tool: Tool): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const bench = join(root, 'bench');
/** The folder of the built programs. */
export const builtDir = join(bench, '.built');
const built = new Map<string, Promise<string>>();

/** Builds a Go program of `bench/sync`: the load on a sync service, or the reference. @returns its path. */
export function goProgram(name: 'load' | 'reference'): Promise<string> {
  return once(join(builtDir, name), (path) =>
    run(['go', 'build', '-o', path, `./${name}`], { cwd: join(bench, 'sync') }),
  );
}

/** Builds a C program. @param source its file in `bench/`. @returns its path. */
export function cProgram(source: string): Promise<string> {
  return once(join(builtDir, basename(source, '.c')), (path) =>
    run(['cc', '-O2', '-o', path, join(bench, source)]),
  );
}

function once(path: string, build: (path: string) => Promise<unknown>): Promise<string> {
  const begun =
    built.get(path) ??
    (async () => {
      mkdirSync(dirname(path), { recursive: true });
      await build(path);
      return path;
    })();
  built.set(path, begun);
  return begun;
}
