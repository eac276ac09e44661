import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const program = fileURLToPath(new URL('../../bin/tg.js', import.meta.url));

/** A home of its own, in which the runs of the gallery take place. */
export interface GalleryHome extends AsyncDisposable {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs tg to its end, however that is. @returns what it said. */
  tg(...args: readonly string[]): Promise<string>;
}

export function galleryHome(): GalleryHome {
  const dir = mkdtempSync(join(tmpdir(), 'tg-gallery-'));
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

/** The ID of a run, from what tg said. */
export function runIdIn(said: string): string {
  const [, id] = /run is queued with ID: (\S+)/.exec(said) ?? [];
  if (id === undefined) throw new Error(`this was no run:\n${said}`);
  return id;
}

/** How a command is typed, and the same as the shell is to carry it out. */
export function commandOf(args: string): { readonly shown: string; readonly real: string } {
  return { shown: `tg ${args}`, real: `${process.execPath} ${program} ${args}` };
}
