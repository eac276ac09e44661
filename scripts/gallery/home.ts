import { cpSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const program = fileURLToPath(new URL('../../bin/tg.js', import.meta.url));
const plans = fileURLToPath(new URL('../../plans', import.meta.url));

/** A separate home for the runs of the gallery. */
export interface GalleryHome extends AsyncDisposable {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs tg to its end, whatever its exit code. @returns its output. */
  tg(...args: readonly string[]): Promise<string>;
}

export function galleryHome(): GalleryHome {
  const dir = mkdtempSync(join(tmpdir(), 'tg-gallery-'));
  // Copies: pictures with stacks must not show where this clone is.
  cpSync(plans, join(dir, 'home', 'plans'), { recursive: true });
  // Compositions are named by their path.
  symlinkSync(join('home', 'plans'), join(dir, 'plans'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    TESTGROUND_HOME: join(dir, 'home'),
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
  };
  return {
    dir,
    env,
    async tg(...args) {
      const options = { cwd: dir, env, extendEnv: false, reject: false, all: true } as const;
      return (await execa(process.execPath, [program, ...args], options)).all;
    },
    async [Symbol.asyncDispose]() {
      const { rm } = await import('node:fs/promises');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The ID of a run, from the output of tg. */
export function runIdIn(said: string): string {
  const [, id] = /run is queued with ID: (\S+)/.exec(said) ?? [];
  if (id === undefined) throw new Error(`no run ID in the output:\n${said}`);
  return id;
}

/** A command as a user types it, and as the shell executes it. */
export function commandOf(args: string): { readonly shown: string; readonly real: string } {
  return { shown: `tg ${args}`, real: `${process.execPath} ${program} ${args}` };
}
