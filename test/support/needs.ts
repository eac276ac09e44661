import { describe } from 'vitest';
import type { PartName } from './parts.ts';

/** A `describe` for tests that need a part: its tag skips them if the part is missing. */
export function describeWith(part: PartName, title: string, tests: () => void): void {
  describe(title, { tags: [part] }, tests);
}
