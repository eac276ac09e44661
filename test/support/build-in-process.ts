import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuildRequest } from '../../src/builders/builder.ts';
import { builderOf } from '../../src/builders/builders.ts';
import { type Home, homeOf } from '../../src/os/home.ts';
import { type CommandArtifact, commandArtifact } from '../../src/plan/artifact.ts';
import { tempDir } from './temp.ts';

export async function someHome(): Promise<Home> {
  const home = homeOf({ TESTGROUND_HOME: join(await tempDir(), 'home') });
  await mkdir(home.work, { recursive: true });
  return home;
}

interface Asked {
  readonly builder: string;
  readonly dir: string;
  readonly home: Home;
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** More properties of the request. */
  readonly more?: Partial<BuildRequest>;
}

/** Builds a plan in this process, like a run. */
export async function buildHere({
  builder,
  dir,
  home,
  config = {},
  env,
  signal,
  more,
}: Asked): Promise<CommandArtifact> {
  const spec = { builder, config, selectors: [], dependencies: [], linkSdk: undefined, coverage: false };
  const artifact = await (await builderOf(builder)).build({
    plan: { name: 'p', dir, sdk: undefined },
    spec,
    home,
    env: env ?? process.env,
    signal: signal ?? new AbortController().signal,
    warn: () => {},
    report: () => {},
    progress: () => {},
    ...more,
  });
  return commandArtifact(artifact);
}

/** Runs a built program and returns what it prints. */
export async function printedBy({ command, dir }: CommandArtifact): Promise<string> {
  const [program, ...args] = command;
  const { stdout } = await promisify(execFile)(program, args, { cwd: dir });
  return stdout.trim();
}
