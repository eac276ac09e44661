import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { python } from '../support/python.ts';
import { folderWith } from '../support/temp.ts';
import { instanceFile, type Machine, single, someMachine, tg, verdictsOf } from '../support/tg.ts';

const manifest = (run: string, more = '') => `
name = "p"
[defaults]
testcase = "t"
builder = "exec:generic"
runner = "local:exec"
[builders."exec:generic"]
run = "${run}"
${more}
[[testcases]]
name = "t"
instances = { min = 1, max = 50, default = 1 }
[testcases.params]
n = { type = "string", default = "4.5" }
`;

/** A plan in Python: the body of its test case, and statements before the test case. */
function planOf(body: string, before = ''): Promise<string> {
  const indented = body.split('\n').map((line) => `    ${line}\n`);
  const isAsync = /\bawait\b/.test(body) ? 'async ' : '';
  return folderWith({
    'manifest.toml': manifest('python3 main.py'),
    'main.py': `import asyncio, os, sys, threading, time, tg_sdk
${before}
${isAsync}def t(runenv, init):
${indented.join('')}
tg_sdk.invoke_map({"t": t})
`,
  });
}

describeWith('python3', 'a plan on the SDK for Python', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await someMachine();
  });

  describe.concurrent('gets the right verdict for the test case', () => {
    test.each<[string, string]>([
      ['pass', 'success: reported success and exited with status 0'],
      ['await asyncio.sleep(0)', 'success: reported success and exited with status 0'],
      [
        'assert runenv.test_instance_count == 2',
        'failed: assert runenv.test_instance_count == 2 (main.py:4)',
      ],
      ['assert False, "words"', 'failed: words'],
      ['raise tg_sdk.TestFailure("words")', 'failed: words'],
      ['await asyncio.sleep(0); raise tg_sdk.TestFailure("words")', 'failed: words'],
      ['runenv.int_param("n")', 'failed: parameter "n" must be an integer, not "4.5"'],
      ['runenv.record_failure("one"); runenv.record_failure(ValueError("two"))', 'failed: one (and 1 more)'],
      ['{}["key"]', "crashed: KeyError: 'key'"],
      ['await asyncio.sleep(0); {}["key"]', "crashed: KeyError: 'key'"],
      ['sys.exit()', 'failed: the test case called sys.exit(0) and did not return'],
      ['sys.exit("words")', 'failed: words'],
      ['await asyncio.sleep(0); sys.exit(3)', 'failed: the test case called sys.exit(3) and did not return'],
      ['os._exit(0)', 'incomplete: exited with status 0 and reported neither success nor failure'],
      [
        'return asyncio.sleep(0)',
        'failed: the test case returned something to be awaited: define it with async def',
      ],
      ['yield', 'failed: the test case is a generator, of which nothing was carried out: it has a yield'],
      [
        'threading.Thread(target=lambda: {}["key"]).start(); threading.Event().wait()',
        "crashed: KeyError: 'key'",
      ],
      [
        'await asyncio.to_thread(lambda: threading.Thread(target=lambda: {}["key"]).start()); await asyncio.Event().wait()',
        "crashed: KeyError: 'key'",
      ],
      [
        'asyncio.create_task(asyncio.wait_for(None, 1)); await asyncio.Event().wait()',
        'crashed: TypeError: ',
      ],
      [
        'threading.Thread(target=lambda: sys.exit(1)).start()',
        'success: reported success and exited with status 0',
      ],
      [
        't = asyncio.create_task(asyncio.Event().wait()); await asyncio.sleep(0)',
        'success: reported success and exited with status 0',
      ],
      ['t = asyncio.create_task(asyncio.Event().wait()); t.cancel(); await t', 'crashed: CancelledError'],
      [
        'print("half a line", end=""); print("and half", end="", file=sys.stderr)',
        'success: reported success and exited with status 0',
      ],
      ['if os.fork() > 0: os.wait()', 'success: reported success and exited with status 0'],
      [
        'if os.fork() == 0: raise ValueError("of a child")\nos.wait()',
        'success: reported success and exited with status 0',
      ],
      ['os.close(1)', 'failed: exited with status 1; stderr: OSError: [Errno 9] Bad file descriptor'],
      ['import signal; os.kill(os.getpid(), signal.SIGINT); time.sleep(60)', 'failed: interrupted (SIGINT)'],
      [
        'init.sync_client.close(); init.sync_client.barrier("s", 1)',
        'failed: the connection to the sync service at ADDRESS was closed by this plan',
      ],
    ])('%s', async (body, verdict) => {
      const { runId } = await tg(machine, single(await planOf(body), '--timeout', '60s'));
      const [text = ''] = await verdictsOf(machine, runId);
      expect(text.replace(/ws:\/\/\S+/, 'ADDRESS').slice(0, verdict.length)).toBe(verdict);
    });
  });

  test('writes a traceback to run.err that begins in the plan’s own code', async () => {
    const { runId } = await tg(machine, single(await planOf('await asyncio.sleep(0); {}["key"]')));
    expect(await instanceFile(machine, runId, 0, 'run.err')).toMatch(
      /^Traceback \(most recent call last\):\n {2}File ".*main.py", line 4, in t\n.*\n(.*\n)?KeyError: 'key'\n$/,
    );
  });

  test('keeps its last printed line even if the process is killed', async () => {
    const { runId } = await tg(machine, single(await planOf('print("last"); os.kill(os.getpid(), 9)')));
    expect(await instanceFile(machine, runId, 0, 'run.out')).toMatch(/\nlast\n$/);
  });

  test('ends while a thread goes on, and names the thread in run.err', async () => {
    const { runId, code } = await tg(
      machine,
      single(await planOf('threading.Thread(target=threading.Event().wait, name="forgotten").start()')),
    );
    expect([code, await instanceFile(machine, runId, 0, 'run.err')]).toEqual([
      0,
      'tg_sdk: the process ends while these threads go on: forgotten\n',
    ]);
  });

  test('keeps printed and recorded messages in order, each event on its own line', async () => {
    const plan = await planOf(
      'print("one"); runenv.record_message("two"); print("three", end=""); runenv.record_message("four %d", 4)\nsys.stdout.buffer.write(b"five\\n"); sys.stdout.flush(); os.system("echo six"); runenv.record_message("\\ud800 ü")',
    );
    const { runId } = await tg(machine, single(plan));
    const lines = (await instanceFile(machine, runId, 0, 'run.out')).trimEnd().split('\n');
    const words = lines.map((line) =>
      line.startsWith('{') ? (JSON.parse(line).event.message_event?.message ?? 'event') : line,
    );
    const from = words.indexOf('one');
    expect(words.slice(from)).toEqual([
      ...['one', 'two', 'three', 'four 4', 'five', 'six', '\ud800 ü', 'event'],
    ]);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test('fails for an unknown test case, and for one with too many parameters', async () => {
    const program = (cases: string) =>
      folderWith({
        'manifest.toml': manifest('python3 main.py'),
        'main.py': `import tg_sdk\ndef u(a, b, c): pass\ntg_sdk.invoke_map({${cases}})\n`,
      });
    const verdictOf = async (plan: string) =>
      await verdictsOf(machine, (await tg(machine, single(plan))).runId);
    expect(await verdictOf(await program('"u": u, "v": u'))).toEqual([
      'failed: unrecognized test case: t; this plan has u, v',
    ]);
    expect(await verdictOf(await program('"t": u'))).toEqual([
      'failed: the test case u takes 3 parameters; it is given runenv and init, no more',
    ]);
  });

  test('writes metrics of each kind, also while it waits; tg metrics shows a point', async () => {
    const plan = await planOf(`r = runenv.R()
r.set_frequency(0.05)
r.counter("c").inc(3)
r.gauge("g").update(float("inf"))
for value in range(1, 101): r.histogram("h").update(value)
r.meter("m").mark()
r.ewma("e", 0.5).update(1)
with r.timer("t").time(): pass
r.record_point("p,tag=1", 0.5)
try: init.sync_client.barrier("never", 9, timeout=0.3)
except tg_sdk.SyncTimeout: pass
try: r.counter("g")
except tg_sdk.TgError as error: runenv.record_message(error)`);
    const { runId, code, stdout } = await tg(machine, single(plan));
    expect([code, stdout]).toEqual([0, expect.stringContaining('>> metric "g" is a gauge already')]);
    const lines = (await instanceFile(machine, runId, 0, 'results.out')).trimEnd().split('\n');
    const metrics = lines.map((line) => JSON.parse(line));
    for (const line of lines)
      expect(line).toMatch(/^\{"ts":\d{19},"type":"\w+","name":"[^"]+","measures":\{/);
    expect(metrics.filter(({ type }) => type === 'counter').map(({ measures }) => measures.count)).toEqual(
      expect.arrayContaining([3, 0]),
    );
    expect(metrics.find(({ type }) => type === 'gauge').measures).toEqual({ value: null });
    expect(metrics.find(({ type }) => type === 'histogram').measures).toMatchObject({
      ...{
        count: 100,
        min: 1,
        max: 100,
        mean: 50.5,
        p50: 50.5,
        p95: expect.closeTo(95.95),
        variance: 833.25,
      },
    });
    expect(Object.keys(metrics.find(({ type }) => type === 'timer').measures).sort()).toEqual(
      'count m1 m15 m5 max mean meanrate min p50 p75 p95 p99 p999 p9999 stddev variance'.split(' '),
    );
    const shown = await tg(machine, ['metrics', runId]);
    expect(shown.stdout).toMatch(/^.*\bp\b.*0\.5/m);
    expect(await instanceFile(machine, runId, 0, 'diagnostics.out')).toContain('"name":"process.rss"');
  });

  test('seeds runenv.random with the seed of the run', async () => {
    const plan = await planOf('runenv.record_message(runenv.random.random())');
    const runs = [];
    for (const seed of ['1', '1', '2'])
      runs.push((await tg(machine, single(plan, '--seed', seed))).stdout.match(/>> (0\.\d+)/)?.[1]);
    expect(runs[0]).toBe(runs[1]);
    expect(runs[2]).not.toBe(runs[0]);
  });

  test('has multiprocessing: forked and spawned children print, but report no success', async () => {
    const before = `import multiprocessing
def work(index):
    print("child", index, __name__)
    return tg_sdk.RunEnv.current().test_case
`;
    const plan = await folderWith({
      'manifest.toml': manifest('python3 main.py'),
      'main.py': `import tg_sdk
${before}
def t(runenv, init):
    for kind in ("fork", "spawn"):
        with multiprocessing.get_context(kind).Pool(2) as pool:
            assert pool.map(work, range(50), 1) == ["t"] * 50
    init.sync_client.signal_and_wait("done", 1)

if __name__ == "__main__":
    tg_sdk.invoke(t)
`,
    });
    const { code, runId } = await tg(machine, single(plan));
    expect(code).toBe(0);
    const out = await instanceFile(machine, runId, 0, 'run.out');
    expect(out.match(/^child \d+ __main__$/gm)).toHaveLength(50);
    expect(out.match(/^child \d+ __mp_main__$/gm)).toHaveLength(50);
    expect(out.match(/success_event/g)).toHaveLength(1);
  });

  describe.concurrent('imports the SDK', () => {
    const uses = 'import tg_sdk\ntg_sdk.invoke(lambda runenv: runenv.record_message(tg_sdk.__file__))\n';

    test('after PYTHONPATH from --env, and after its own modules', async () => {
      const plan = await folderWith({
        'manifest.toml': manifest('python3 main.py'),
        'main.py':
          'import mine, sys, tg_sdk\nprint(mine.word, sys.path.index("/else") < [p.endswith("/python/on-path") for p in sys.path].index(True))\n',
        'mine.py': 'word = "mine"',
      });
      const { code, stdout } = await tg(machine, single(plan, '--env', 'PYTHONPATH=/else'));
      expect([code, stdout]).toEqual([
        // It reports nothing with the SDK that it imports.
        6,
        expect.stringContaining('OTHER << single[000] >> mine True'),
      ]);
      const own = await folderWith({
        'manifest.toml': manifest('python3 main.py'),
        'main.py': 'import tg_sdk\nprint(tg_sdk.word)\n',
        'tg_sdk.py': 'word = "the plan’s own"',
      });
      expect((await tg(machine, single(own))).stdout).toContain('>> the plan’s own');
    });

    test('from its virtual environment if one is installed there', async () => {
      const site = '.venv/bin/python -c "import site; print(site.getsitepackages()[0])"';
      const plan = await folderWith({
        'manifest.toml': manifest(
          '.venv/bin/python main.py',
          `build = '''python3 -m venv --without-pip .venv && mkdir "$(${site})/tg_sdk" && cp pinned "$(${site})/tg_sdk/__init__.py"'''`,
        ),
        'main.py': 'from tg_sdk import word\nimport tg_sdk\nprint(word, tg_sdk.__name__)\n',
        pinned: 'word = "pinned"',
      });
      expect((await tg(machine, single(plan))).stdout).toContain('>> pinned tg_sdk');
    });

    test('in a virtual environment, and in a zipped program', async () => {
      const plan = await folderWith({
        'manifest.toml': manifest(
          '.venv/bin/python main.py && .venv/bin/python app.pyz',
          'build = "python3 -m venv --without-pip .venv && mkdir app && cp main.py app/__main__.py && python3 -m zipapp app"',
        ),
        'main.py': uses,
      });
      const { code, stdout } = await tg(machine, single(plan));
      expect([code, stdout.match(/>> .*\/python\/tg_sdk\/__init__\.py/g)]).toEqual([
        0,
        [expect.anything(), expect.anything()],
      ]);
    });

    test('outside a run, where the SDK says which variable is missing', async () => {
      expect(await python('import tg_sdk\ntg_sdk.invoke(lambda: None)', { TEST_PLAN: 'p' })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(
          /^tg_sdk: TEST_CASE is not set: start this plan with `tg run single --plan FOLDER`, or set the run environment by hand: see "By hand" in docs\/python.md of tg$/,
        ),
      });
    });
  });

  test('has an SDK with the version of tg', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await python('import tg_sdk; print(tg_sdk.__version__)')).stdout).toBe(version);
  });
});
