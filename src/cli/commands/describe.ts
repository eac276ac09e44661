import { leftOutOfSections } from '../../library/left-out-sections.ts';
import { homeOf } from '../../os/home.ts';
import { findPlan } from '../../plan/manifest/find.ts';
import {
  type Manifest,
  type Parameter,
  type ReadManifest,
  readManifest,
  type TestCase,
} from '../../plan/manifest/manifest.ts';
import { builders, namesOfRunners } from '../../plan/resolve/choices.ts';
import { inOneLine } from '../../plan/resolve/left-out.ts';
import { doubtfulDefaults } from '../../plan/resolve/params.ts';
import type { MachineRunners } from '../../plan/resolve/runner-info.ts';
import { secretOnRecord } from '../../plan/secrets.ts';
import { machineRunners, runnerCatalog } from '../../runners/registry.ts';
import { severalProblems, TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { redactUrls } from '../../util/redact-url.ts';
import { toJson } from '../../values/json.ts';
import { printJson, say, sayAside } from '../output/say.ts';
import { runComposition } from './run-composition.ts';
import { runSingle } from './run-single.ts';

export interface DescribeOptions {
  readonly plan?: string;
  readonly file?: string;
  readonly testcase?: string;
  readonly runIds?: string;
  readonly builder?: string;
  readonly runner?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/**
 * `tg describe --plan NAME`: describes a plan's manifest; with `--testcase` or a composition, describes the
 * resolved run and the origin of each value.
 */
export async function describe({ plan, file, testcase, ...options }: DescribeOptions): Promise<ExitCode> {
  const home = homeOf(process.env);
  if (file !== undefined) {
    const { runIds } = options;
    return await runComposition({
      file,
      dryRun: true,
      ...options,
      ...(runIds === undefined ? {} : { runIds }),
    });
  }
  if (plan === undefined) {
    throw new TgError('usage', 'nothing to describe', {
      hint: 'Name a plan with --plan, or a composition with --file.',
    });
  }
  if (testcase !== undefined) return await runSingle({ plan, testcase, dryRun: true, ...options });
  const planDir = await findPlan(plan, home, process.cwd());
  const read = await readManifest(planDir);
  const { data: manifest } = read;
  const runners = await machineRunners(namesOfRunners(manifest));
  const strict = options.strict === true;
  for (const note of await notesOn(planDir, read, { runners, strict })) sayAside(`${note}\n`);
  if (options.json) printJson(`${toJson(withoutDefaults(manifest))}\n`);
  else say(describeManifest(manifest));
  return exitCodes.success;
}

/** The notes on a manifest. @throws TgError (usage) with all of them if `strict`. */
export async function notesOn(
  planDir: string,
  { data, unknown, placeOf }: ReadManifest,
  { runners, strict }: { readonly runners: MachineRunners; readonly strict: boolean },
): Promise<string[]> {
  const doubts = data.testcases.flatMap((testCase, index) =>
    doubtfulDefaults(testCase, (name) => placeOf(['testcases', index, 'params', name, 'default'])),
  );
  const leftOut = await leftOutOfSections(planDir, data, runners);
  const all = [...unknown, ...doubts, ...leftOut.doubts];
  if (strict && all.length > 0) throw severalProblems(all);
  return [
    ...unknown.map((problem) => problem.describe()),
    ...doubts.map((doubt) => inOneLine(doubt, 'passed as text')),
    ...leftOut.notes,
    ...leftOut.doubts.map((doubt) => inOneLine(doubt, 'not applied')),
  ];
}

/** Formats the manifest as testground's `describe` does. */
export function describeManifest(manifest: Manifest): string {
  // A plan without sections accepts every available builder and runner.
  const enabled = (sections: Manifest['builders'], ready: readonly string[]) => {
    const names = Object.keys(sections);
    return (names.length === 0 ? ready : names.filter((name) => sections[name]?.enabled)).join(' ');
  };
  return [
    `This test plan is called "${manifest.name}".`,
    `It can be built with strategies: [${enabled(manifest.builders, builders)}].`,
    `It can be run with strategies: [${enabled(
      manifest.runners,
      runnerCatalog.ready.map(({ id }) => id),
    )}].`,
    `It has ${manifest.testcases.length} test case${manifest.testcases.length === 1 ? '' : 's'}.`,
    'TEST CASES:\n----------',
    ...manifest.testcases.map(describeTestCase),
    '',
  ].join('\n\n');
}

function describeTestCase({ name, instances, params }: TestCase): string {
  const maximum = instances.max === Number.MAX_SAFE_INTEGER ? 'any' : String(instances.max);
  const lines = Object.entries(params).map(([parameter, { type, desc, unit, default: value, secret }]) => {
    const text = typeof value === 'string' ? value : toJson(value);
    const shown = secret && text !== undefined ? secretOnRecord : text;
    return `    ${parameter} | ${type} | ${desc} | ${unit} | default: ${shown ?? 'none'}${secret ? ' | secret' : ''}`;
  });
  return [
    `- Test case: ${name}`,
    '  Instances:',
    `    minimum: ${instances.min}`,
    `    maximum: ${maximum}`,
    '  Parameters:',
    ...lines,
  ].join('\n');
}

/** A runner's section of a manifest, with passwords in URLs redacted. */
function withServersShown(section: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(section).map(([key, value]) => [
      key,
      typeof value === 'string' ? redactUrls(value) : value,
    ]),
  );
}

/** A manifest without the defaults of secret parameters, and with credentials in server URLs redacted. */
function withoutDefaults(manifest: Manifest): Manifest {
  const hidden = (parameter: Parameter): Parameter =>
    parameter.secret && parameter.default !== undefined
      ? { ...parameter, default: secretOnRecord }
      : parameter;
  const testcases = manifest.testcases.map((testCase) => ({
    ...testCase,
    params: Object.fromEntries(Object.entries(testCase.params).map(([name, its]) => [name, hidden(its)])),
  }));
  const runnerSections = Object.entries(manifest.runners).map(([id, section]) => [
    id,
    withServersShown(section),
  ]);
  return { ...manifest, runners: Object.fromEntries(runnerSections), testcases };
}
