import type { Command, Option } from 'commander';
import { listRecords } from '../../../history/record.ts';
import { homeOf } from '../../../os/home.ts';
import { findPlan, listPlans } from '../../../plan/manifest/find.ts';
import { readManifest } from '../../../plan/manifest/manifest.ts';
import { builders } from '../../../plan/resolve/choices.ts';
import { runnerCatalog } from '../../../runners/registry.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { sanitizeTerminalLine } from '../../../util/sanitize-terminal.ts';
import { printData } from '../../output/say.ts';

/** At most this number of recent runs is offered. */
const offeredRuns = 20;

/** `tg __complete WORDS…`, called by shells: prints the possible completions, one per line. */
export async function complete(program: Command, words: readonly string[]): Promise<ExitCode> {
  const found = await completionsOf(program, words);
  // A shell reads each line as one word and displays it.
  const shown = found.filter((word) => sanitizeTerminalLine(word) === word);
  printData(shown.map((word) => `${word}\n`).join(''));
  return exitCodes.success;
}

/**
 * Returns the possible completions of a command line.
 * @param words the words typed so far; the last one is incomplete and may be empty.
 */
async function completionsOf(program: Command, words: readonly string[]): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const { command: named, before } = descend(program, words.slice(0, -1));
  const implied = impliedCommandOf(named);
  // Whatever follows `tg run` and is no command belongs to `tg run single`.
  const command = before.length > 0 || typed.startsWith('-') ? implied : named;
  const pending = optionNamed(command, before.at(-1));
  const candidates =
    pending !== undefined && takesValue(pending)
      ? await valuesOf(pending, command, before)
      : typed.startsWith('-')
        ? visibleOptions(command)
        : [...subcommandsOf(command), ...(await argumentsOf(implied))];
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(typed)).sort();
}

function descend(program: Command, words: readonly string[]) {
  let command = program;
  let from = 0;
  for (const [index, word] of words.entries()) {
    const next = command.commands.find((its) => its.name() === word || its.aliases().includes(word));
    if (next === undefined) continue;
    command = next;
    from = index + 1;
  }
  return { command, before: words.slice(from) };
}

/** The command that is meant if none of its subcommands is named. */
function impliedCommandOf(command: Command): Command {
  const single =
    command.name() === 'run' ? command.commands.find((its) => its.name() === 'single') : undefined;
  return single ?? command;
}

function optionNamed(command: Command, word: string | undefined): Option | undefined {
  return command.options.find(({ long, short }) => word !== undefined && (word === long || word === short));
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function visibleOptions(command: Command): string[] {
  return command.options
    .flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long]))
    .concat('--help');
}

function subcommandsOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((its) => its.name());
}

async function valuesOf(option: Option, command: Command, words: readonly string[]): Promise<string[]> {
  if (option.argChoices !== undefined) return [...option.argChoices];
  switch (option.long) {
    case '--plan':
      return await planNames();
    case '--testcase':
      return await testCases(command, words);
    case '--builder':
      return [...builders];
    case '--runner':
      return runnerCatalog.ready.map(({ id }) => id);
    case '--target':
      return ['typescript', 'javascript', 'go', 'rust', 'generic'];
    case '--sync':
      return ['memory', 'redis'];
    case '--task':
      return await runIds();
    default:
      return [];
  }
}

async function planNames(): Promise<string[]> {
  return (await listPlans(homeOf(process.env))).map(({ name }) => name);
}

/** The plan named on the line, as a flag or as the argument; otherwise the one in the current folder. */
function planOn(command: Command, words: readonly string[]): string {
  const isValue = (at: number) => {
    const option = optionNamed(command, words[at - 1]);
    return option !== undefined && takesValue(option);
  };
  const flag = words.findIndex((word) => word === '--plan' || word === '-p');
  const argument = words.find((word, at) => !word.startsWith('-') && !isValue(at));
  return (flag === -1 ? argument : words[flag + 1]) ?? '.';
}

/** The test cases of the plan named on the line. */
async function testCases(command: Command, words: readonly string[]): Promise<string[]> {
  const plan = planOn(command, words);
  try {
    const { data } = await readManifest(await findPlan(plan, homeOf(process.env), process.cwd()));
    return data.testcases.map(({ name }) => name);
  } catch {
    return [];
  }
}

async function argumentsOf(command: Command): Promise<string[]> {
  const names = command.registeredArguments.map((argument) => argument.name());
  if (names.includes('shell')) return Object.keys(shellScripts);
  if (names.includes('plan')) return await planNames();
  return names.some((name) => name.startsWith('run')) ? await runIds() : [];
}

async function runIds(): Promise<string[]> {
  const ids = ['latest'];
  for await (const { runId } of listRecords(homeOf(process.env))) {
    if (ids.push(runId) > offeredRuns) break;
  }
  return ids;
}

/** The scripts that make bash, zsh and fish call `<name> __complete`. */
export const shellScripts: Readonly<Record<string, (name: string) => string>> = {
  // bash splits words at = and :, which occur in builder and parameter names.
  bash: (name) => `_${name}() {
  local word words found
  word="\${COMP_LINE:0:COMP_POINT}"
  word="\${word##* }"
  read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  if [ "\${COMP_LINE:COMP_POINT-1:1}" = " " ]; then words+=(""); fi
  mapfile -t found < <(${name} __complete "\${words[@]:1}" 2>/dev/null)
  local kept="\${word%"\${word##*[:=]}"}"
  COMPREPLY=("\${found[@]#"$kept"}")
  if [ "\${#found[@]}" -eq 0 ]; then COMPREPLY=(); compopt -o default 2>/dev/null; fi
}
complete -F _${name} ${name}
`,
  zsh: (name) => `#compdef ${name}
_${name}() {
  local -a found
  found=("\${(@f)$(${name} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -a found; else _files; fi
}
compdef _${name} ${name}
`,
  fish: (name) => `function __${name}_complete
  set -l words (commandline -opc) (commandline -ct)
  ${name} __complete $words[2..-1] 2>/dev/null
end
complete -c ${name} -a '(__${name}_complete)'
`,
};
