import { defaultRun } from '../../../plan/resolve/single.ts';
import type { RunSpec } from '../../../plan/run-spec.ts';
import { OrderedOutput } from '../ordered-output.ts';
import { type Reporter, showIn } from '../reporter.ts';
import type { RunText } from '../run-text.ts';
import type { Sink } from '../sink.ts';
import { LogGroups } from './log-groups.ts';

/**
 * Prints plain lines in groups for the log of GitHub Actions: each build, and the output of each run. How a run ended,
 * and why, is outside of them, where it is seen at once.
 * @param commands takes workflow commands, unchanged.
 * @param words takes everything else.
 */
export function githubReporter(commands: Sink, words: Sink, text: RunText): Reporter {
  const groups = new LogGroups((command) => commands.write(command));
  const output = new OrderedOutput((message) => {
    groups.beforeLine();
    words.write(message);
  });
  const begin = (title: string) => {
    output.flush();
    groups.begin(title);
  };
  const end = () => {
    output.flush();
    groups.end();
  };
  let isBuilding = false;
  return {
    onEvent(event) {
      if (event.type === 'run-started') begin(titleOf(event.spec));
      if (event.type === 'run-ended') end();
      showIn(output, event, text);
    },
    onBuilding(building) {
      if (building === undefined) end();
      else if (!isBuilding) begin(`build ${building.plan} with ${building.builder}`);
      isBuilding = building !== undefined;
    },
    print: (message) => output.add(() => message),
    emitJson: () => {},
    [Symbol.dispose]: end,
  };
}

/** `run small of gossip:push, 20 instances, ID …`; a run of `tg run single` has no name. */
function titleOf({ name, plan, testCase, totalInstances, runId }: RunSpec): string {
  const what = name === defaultRun ? 'run' : `run ${name} of`;
  const instances = `${totalInstances} instance${totalInstances === 1 ? '' : 's'}`;
  return `${what} ${plan.name}:${testCase}, ${instances}, ID ${runId}`;
}
