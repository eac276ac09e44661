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
  const { command, before } = descend(program, words.slice(0, -1));
  const pending = optionNamed(command, before.at(-1));
  const candidates =
    pending !== undefined && takesValue(pending)
      ? await valuesOf(pending, words)
      : typed.startsWith('-')
        ? visibleOptions(command)
        : [...subcommandsOf(command), ...(await argumentsOf(command))];
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

async function valuesOf(option: Option, words: readonly string[]): Promise<string[]> {
  if (option.argChoices !== undefined) return [...option.argChoices];
  switch (option.long) {
    case '--plan':
      return (await listPlans(homeOf(process.env))).map(({ name }) => name);
    case '--testcase':
      return await testCases(words);
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

/** The test cases of the plan named on the line. */
async function testCases(words: readonly string[]): Promise<string[]> {
  const at = words.findIndex((word) => word === '--plan' || word === '-p');
  const plan = at === -1 ? undefined : words[at + 1];
  if (plan === undefined) return [];
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
