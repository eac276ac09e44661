import { test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { createsAndPasses } from '../support/templates.ts';

describeWith('go', 'plan create', () => {
  test('go', () => createsAndPasses('go'), 300_000);
});

describeWith('python3', 'plan create', () => {
  test.each(['python', 'py', 'python-venv'])('%s', (target) => createsAndPasses(target));
});

describeWith('uv', 'plan create', () => {
  test('python-uv', () => createsAndPasses('python-uv'), 120_000);
});

describeWith('rust', 'plan create', () => {
  test('rust', () => createsAndPasses('rust'), 600_000);
});
