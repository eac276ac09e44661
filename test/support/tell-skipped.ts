import type { Reporter } from 'vitest/node';
import { isRequired } from './parts.ts';

interface Tag {
  readonly name: string;
  readonly description: string;
  readonly skip?: boolean;
}

/**
 * Prints at the end how many tests were skipped because a part is missing. If all parts are required, it is a failure
 * that a test was skipped for another reason.
 */
export function tellSkipped(tags: readonly Tag[]): Reporter {
  const missing = tags.filter(({ skip }) => skip);
  return {
    onTestRunEnd(modules) {
      const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
      const wanting = skipped.filter((test) =>
        test.tags.some((tag) => missing.some(({ name }) => name === tag)),
      );
      if (wanting.length > 0) {
        const lines = missing.flatMap(({ name, description }) => {
          const count = wanting.filter((test) => test.tags.includes(name)).length;
          return count > 0 ? [`  ${String(count).padStart(4)}  ${description} (${name})`] : [];
        });
        console.log(`\n${wanting.length} tests were skipped, each of which\n${lines.join('\n')}`);
        console.log('npm run test:all -- --list has all parts, and whether they are here.');
      }
      const unexplained = skipped.filter((test) => !wanting.includes(test));
      if (isRequired('all') && unexplained.length > 0) {
        console.error(
          `\n${unexplained.length} tests were skipped for no part that is missing, which is a failure here:`,
        );
        for (const test of unexplained) console.error(`  ${test.module.relativeModuleId} > ${test.fullName}`);
        process.exitCode = 1;
      }
    },
  };
}
