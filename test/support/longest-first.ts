import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The test files that take longest, or mostly wait. The others are in the order of vitest: the largest files first. */
const longest = [
  'compat/pauses',
  'compat/sdks',
  'compat/templates',
  'builders/cargo-stale',
  'clone/developing',
  'faults/causes',
  'faults/service',
  'faults/hostile',
  'builders/node-packages',
  'e2e/docs',
].map((name) => `/test/${name}.test.ts`);

/** Starts the test files that take longest first, so that all processors are busy until the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}
