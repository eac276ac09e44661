import { expect, test } from 'vitest';
import {
  beginningsOf,
  expectBuildError,
  expectOnFirstScreen,
  failing,
  machineOfCi,
  one,
} from '../support/first-screen.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';
import { toolchainEnv } from '../support/toolchains.ts';

/** Plans in other languages that fail: the cause must be at the top of everything that a person looks at. */

/** A plan whose test case is run with fifty instances. */
function planOf(builder: string, files: Readonly<Record<string, string>>): Promise<string> {
  const run = builder === 'exec:generic' ? '[builders."exec:generic"]\nrun = "python3 main.py"\n' : '';
  const manifest = `name = "p"
[defaults]
builder = "${builder}"
${run}[[testcases]]
name = "t"
instances = { min = 1, max = 50, default = 50 }
`;
  return folderWith({ 'manifest.toml': manifest, ...files });
}

const goPlan = (main: string) =>
  planOf('exec:go', { 'go.mod': 'module example.org/p\n\ngo 1.20\n', 'main.go': main });
const rustPlan = (main: string) =>
  planOf('exec:rust', {
    'Cargo.toml': '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n',
    'src/main.rs': main,
  });

const machineWithTools = () => machineOfCi(toolchainEnv());

describeWith('go', 'a plan in Go', () => {
  test('that does not compile is an error with its place and what the compiler says', async () => {
    const machine = await machineWithTools();
    const plan = await goPlan('package main\n\nfunc main() {\n\tvar count int = "three"\n\t_ = count\n}\n');
    const run = await failing(machine, ['-p', plan]);
    await expectBuildError(machine, run, './main.go:4:18', 'cannot use "three"');
  });

  test('that panics among 200 goroutines is named with the stack of the one that panicked', async () => {
    const plan = await goPlan(`package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

type ledger struct{ entries map[string]int }

func (l *ledger) commit(key string) { l.entries[key]++ }

func serve(done chan struct{}) { <-done }

func main() {
	if filepath.Base(os.Getenv("TEST_OUTPUTS_PATH")) != "13" {
		return
	}
	debug.SetTraceback("all")
	for i := 0; i < 200; i++ {
		go serve(make(chan struct{}))
	}
	time.Sleep(10 * time.Millisecond)
	(&ledger{}).commit("a")
}
`);
    const machine = await machineWithTools();
    const run = await failing(machine, ['-p', plan]);
    await expectOnFirstScreen(machine, run, one(13), 'panic: assignment to entry in nil map');
    const { 'the end of the output': end, 'tg why': why } = await beginningsOf(machine, run);
    for (const text of [end, why]) {
      expect(text).toMatch(/main\.\(\*ledger\)\.commit.*\n.*main\.go:12/);
      expect(text).not.toContain('main.serve');
    }
  });

  test('whose stack overflows is named with that error and the function', async () => {
    const plan = await goPlan(`package main

import (
	"os"
	"path/filepath"
)

func deeper(level int) int { return deeper(level+1) + 1 }

func main() {
	if filepath.Base(os.Getenv("TEST_OUTPUTS_PATH")) == "13" {
		deeper(0)
	}
}
`);
    const machine = await machineWithTools();
    const run = await failing(machine, ['-p', plan]);
    await expectOnFirstScreen(machine, run, one(13), 'stack overflow');
    expect((await beginningsOf(machine, run))['tg why']).toMatch(/main\.deeper.*\n.*main\.go:8/);
  });
});

describeWith('rust', 'a plan in Rust', () => {
  test('that does not compile is an error with its place and what the compiler says', async () => {
    const machine = await machineWithTools();
    const plan = await rustPlan('fn main() {\n    let count: u32 = "three";\n    println!("{count}");\n}\n');
    const run = await failing(machine, ['-p', plan]);
    await expectBuildError(machine, run, 'src/main.rs:2:22', 'mismatched types');
  });

  test('that panics is named with the place and the message', async () => {
    const machine = await machineWithTools();
    const plan = await rustPlan(`fn main() {
    let outputs = std::env::var("TEST_OUTPUTS_PATH").unwrap();
    if outputs.ends_with("/13") {
        let entries: Vec<u32> = Vec::new();
        println!("{}", entries[outputs.len()]);
    }
}
`);
    const run = await failing(machine, ['-p', plan]);
    await expectOnFirstScreen(machine, run, one(13), /panicked at src\/main\.rs:5:\d+: index out of bounds/);
  });
});

describeWith('python3', 'a plan in Python', () => {
  test('that raises an error is named with the error, and the traceback with its own paths', async () => {
    const plan = await planOf('exec:generic', {
      'main.py': `import os


def commit(ledger, key):
    return ledger[key]


if os.environ["TEST_OUTPUTS_PATH"].endswith("/13"):
    commit({}, "quorum")
`,
    });
    const machine = await machineWithTools();
    const run = await failing(machine, ['-p', plan]);
    await expectOnFirstScreen(machine, run, one(13), "KeyError: 'quorum'");
    const { 'the end of the output': end, 'tg why': why } = await beginningsOf(machine, run);
    for (const text of [end, why]) expect(text).toContain('File "main.py", line 5, in commit');
  });
});
