import { TgError } from '../../../util/errors.ts';
import type { BuildRequest } from '../../builder.ts';
import { failureLog } from '../../store/artifacts.ts';
import { runTool } from '../../tool/tool.ts';
import { npmAdvice } from './advice.ts';
import { howToGet, type Manager } from './managers.ts';

const builder = 'exec:node';

/**
 * Runs a package manager's installation in a folder, according to its lock file.
 * @throws TgError (build) with its output, (environment) if it cannot read this lock file.
 */
export async function runManager(request: BuildRequest, manager: Manager, cwd: string): Promise<void> {
  const { plan, env, signal, progress } = request;
  progress(`${manager.program} ${manager.args[0]}`);
  const tool = {
    ...{ program: manager.program, cwd, env: { ...quiet(env), ...manager.env }, signal, builder },
    failure: 'the packages of the plan cannot be installed',
    where: plan.dir,
    log: failureLog(request),
  };
  if (manager.majors !== undefined) {
    const said = await runTool({ ...tool, args: ['--version'], stdout: 'data' });
    throwIfOther(manager, said.trim(), plan.dir);
  }
  await runTool({ ...tool, args: manager.args, advice: npmAdvice });
}

/** Disables prompts for passwords or confirmation, since no terminal is attached. */
function quiet(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    ...env,
    GIT_TERMINAL_PROMPT: '0',
    npm_config_update_notifier: 'false',
  };
}

function throwIfOther({ program, lock, majors }: Manager, version: string, where: string): void {
  const major = Number.parseInt(version, 10);
  if (majors === undefined || (major >= majors.from && major <= majors.to)) return;
  const wanted =
    majors.to === majors.from ? `${program} ${majors.from}` : `${program} ${majors.from} or later`;
  throw new TgError(
    'environment',
    `${lock ?? 'package.json'} is for ${wanted}; PATH has ${program} ${version}`,
    {
      where,
      hint: howToGet(program, undefined, majors.from),
    },
  );
}
