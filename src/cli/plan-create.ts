import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expecting, TgError } from '../errors.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { homeOf, prepareHome } from '../home.ts';
import { didYouMean } from '../nearest.ts';
import { templatesFolder } from '../package.ts';
import { say, sayAside } from './output/say.ts';
import { placeOfPlan } from './plan-place.ts';

export interface PlanCreateOptions {
  readonly plan: string;
  readonly target: string;
  readonly module: string;
  readonly remote?: string;
  readonly dir?: string;
}

/** Short names of languages. */
const aliases: Readonly<Record<string, string>> = {
  ts: 'typescript',
  js: 'javascript',
  node: 'typescript',
  rs: 'rust',
  golang: 'go',
  shell: 'generic',
  sh: 'generic',
};

/** `tg plan create`: makes a plan that builds and passes, in the home or in a folder. */
export async function planCreate(options: PlanCreateOptions, called: string): Promise<ExitCode> {
  const { plan, module, remote } = options;
  checkName(plan);
  const template = await templateOf(options.target);
  const home = homeOf(process.env);
  if (options.dir === undefined) await prepareHome(home);
  const dir = options.dir ?? placeOfPlan(home.plans, plan, '--plan');
  if (existsSync(dir) && !(statSync(dir).isDirectory() && (await readdir(dir)).length === 0)) {
    throw new TgError('usage', 'there is something already', {
      where: dir,
      hint: 'Choose another --plan, or an empty --dir.',
    });
  }
  const name = plan.split('/').at(-1) ?? plan;
  for (const file of await readdir(template, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const from = join(file.parentPath, file.name);
    // npm would leave out, or obey, a file of the name .gitignore.
    const to = join(dir, from.slice(template.length + 1).replace(/(^|\/)gitignore$/, '$1.gitignore'));
    const text = (await readFile(from, 'utf8'))
      .replaceAll('__PLAN__', name)
      .replaceAll('__CRATE__', crateName(name))
      .replaceAll('__MODULE__', module);
    await writeInto(to, text).catch(
      expecting(
        'environment',
        dir,
        'the plan cannot be written there',
        'Choose another --dir, or mend its permissions.',
      ),
    );
  }
  await startRepository(dir, remote);
  say(`new test plan created under: ${dir}\n`);
  const asked = options.dir === undefined ? plan : dir;
  say(`run it: ${called} run single --plan ${asked}\n`);
  return exitCodes.success;
}

async function writeInto(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** What Cargo takes for the name of a package. */
function crateName(name: string): string {
  return `plan-${name.replace(/[^A-Za-z0-9_-]/g, '-')}`;
}

function checkName(plan: string): void {
  if (/^[\w@+-][\w.@+-]*(\/[\w@+-][\w.@+-]*)?$/.test(plan)) return;
  throw new TgError('usage', `not the name of a plan: ${JSON.stringify(plan)}`, {
    where: '--plan',
    hint: 'A name of letters, digits, and . _ + @ -, perhaps with one slash.',
  });
}

async function templateOf(target: string): Promise<string> {
  const known = await readdir(templatesFolder);
  const name = aliases[target] ?? target;
  if (known.includes(name)) return join(templatesFolder, name);
  throw new TgError('usage', `there is no template for "${target}"`, {
    where: '--target',
    hint: didYouMean(target, known, 'template'),
  });
}

/** A repository of git, as the peer makes one, unless it is inside of one; a machine without git gets none. */
async function startRepository(dir: string, remote: string | undefined): Promise<void> {
  const git = (...args: string[]) => execa('git', args, { cwd: dir, reject: false, stdin: 'ignore' });
  const inside = await git('rev-parse', '--is-inside-work-tree');
  // One inside of another could not be added there.
  if (inside.exitCode === 0 && remote === undefined) return;
  const { exitCode, stderr } = await git('init', '--quiet');
  if (exitCode !== 0) sayAside(`no git repository was made: ${stderr || 'there is no git'}\n`);
  else if (remote !== undefined) await git('remote', 'add', 'origin', remote);
}
