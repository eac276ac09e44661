import { describe } from 'vitest';
import type { PartName } from './parts.ts';

/** A `describe` for tests that need a part: its tag has them skipped where that is missing. */
export function describeWith(part: PartName, title: string, tests: () => void): void {
  describe(title, { tags: [part] }, tests);
}
