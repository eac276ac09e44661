import { test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { createsAndPasses } from '../support/templates.ts';

describeWith('go', 'plan create with Go makes a plan that passes', () => {
  test('go', () => createsAndPasses('go'), 300_000);
});

describeWith('python3', 'plan create with Python makes a plan that passes', () => {
  test.each(['python', 'py', 'python-venv'])('%s', (target) => createsAndPasses(target));
});

describeWith('uv', 'plan create with uv makes a plan that passes', () => {
  test('python-uv', () => createsAndPasses('python-uv'), 120_000);
});

describeWith('rust', 'plan create with Rust makes a plan that passes', () => {
  test('rust', () => createsAndPasses('rust'), 600_000);
});
