// Runs all tests: npm run test:all [-- <arguments of vitest>]. With --list, runs none: it prints how many tests each
// project has, what they need, and which of that is installed.
import { createVitest, parseCLI, startVitest } from 'vitest/node';
import { isRequired, parts } from '../test/support/parts.ts';

const words = process.argv.slice(2);
if (words.includes('--list')) await list();
else {
  const { filter, options } = parseCLI(['vitest', 'run', ...words]);
  await (await startVitest('test', filter, { ...options, watch: false }))?.close();
}

async function list(): Promise<void> {
  const there = Object.entries(parts).map(([name, { what, there }]) => ({ name, what, here: there() }));
  const vitest = await createVitest('test', { watch: false, reporters: [{}] });
  const { testModules } = await vitest.collect();
  await vitest.close();
  const tests = testModules.flatMap((module) =>
    [...module.children.allTests()].map(({ tags }) => ({ project: module.project.name, tags })),
  );
  console.log('Projects (npx vitest run --project <name> runs one of them):\n');
  for (const name of new Set(tests.map(({ project }) => project))) {
    const its = tests.filter(({ project }) => project === name);
    const needed = there.filter((part) => its.some(({ tags }) => tags.includes(part.name)));
    console.log(
      `  ${name.padEnd(10)} ${String(its.length).padStart(5)} tests; some of them need ${needed.map((part) => part.name).join(', ') || 'nothing'}`,
    );
  }
  console.log('\nWhat tests need besides Node:\n');
  for (const { name, what, here } of there) {
    const count = tests.filter(({ tags }) => tags.includes(name)).length;
    const state = here
      ? 'installed'
      : isRequired(name)
        ? 'MISSING, but required'
        : 'missing, so they are skipped';
    console.log(`  ${name.padEnd(14)} ${String(count).padStart(5)} tests; ${what}: ${state}`);
  }
}
