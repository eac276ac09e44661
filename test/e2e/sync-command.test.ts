import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { genericPlan } from '../support/generic-plan.ts';
import { describeWith } from '../support/needs.ts';
import { rawClient, type SomeService, someService } from '../support/sync-service.ts';
import { folderWith } from '../support/temp.ts';
import {
  instanceFile,
  type Machine,
  onceSaid,
  root,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';

/** `tg sync`: programs without an SDK take part in a run. */

const shellPlan = (script: string) => genericPlan({ run: 'sh main.sh' }, { 'main.sh': script });

/** A machine with the environment of one of two instances, set by hand. */
async function byHand({ endpoint }: SomeService): Promise<Machine> {
  return await someMachine({
    ...{ TEST_RUN: 'r', TEST_PLAN: 'p', TEST_CASE: 'c', TEST_INSTANCE_COUNT: '2', TEST_GROUP_ID: 'g' },
    ...{ SYNC_SERVICE_HOST: endpoint.host, SYNC_SERVICE_PORT: String(endpoint.port) },
  });
}

const sync = (machine: Machine, ...args: string[]) => tg(machine, ['sync', ...args]);
/** The exit code, and what is on stdout, or on stderr after a failure; nothing is on the other. */
const said = async (machine: Machine, ...args: string[]) => {
  const { code, stdout, stderr } = await sync(machine, ...args);
  const [expected, other] = code === 0 ? [stdout, stderr] : [stderr, stdout];
  expect(other).toBe('');
  return [code, expected];
};

describe('tg sync in a run', () => {
  test('lets instances of a shell script meet and receive the same messages in the same order', async () => {
    const machine = await someMachine();
    const plan = await shellPlan(`set -e
n=$(tg sync signal met --wait)
tg sync publish hello "number $n" >/dev/null
tg sync subscribe hello --count 3
tg sync barrier met 1
`);
    const { code, runId } = await tg(machine, single(plan, '-i', '3'));
    expect([code, await verdictsOf(machine, runId)]).toEqual([
      0,
      Array(3).fill('success: exited with status 0 (the plan uses no SDK)'),
    ]);
    const outputs = await Promise.all(
      [0, 1, 2].map((index) => instanceFile(machine, runId, index, 'run.out')),
    );
    expect(new Set(outputs).size).toBe(1);
    expect(outputs[0]?.trim().split('\n').sort()).toEqual(['number 1', 'number 2', 'number 3']);
  });

  test('runs the script of docs/writing-a-plan.md', async () => {
    const machine = await someMachine();
    const page = await readFile(`${root}/docs/writing-a-plan.md`, 'utf8');
    const [, script = ''] = /^```bash\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const plan = await shellPlan(`${script}echo "led by $leader"\n`);
    const { code, stdout } = await tg(machine, single(plan, '-i', '3'));
    expect(code).toBe(0);
    expect(stdout.match(/OTHER << single\[00\d\] >> led by \S+$/gm)).toHaveLength(3);
  });

  test('prints events as an SDK does; an instance that then reports no end is incomplete', async () => {
    const machine = await someMachine();
    const plan = await shellPlan(`tg sync event start
tg sync event message 'I said "hello"'
tg sync event stage-start warm-up
tg sync event stage-end warm-up
n=$(tg sync signal number)
[ $n = 1 ] && tg sync event success
[ $n = 2 ] && tg sync event failure 'it did not work'
exit 0
`);
    const { code, runId, stdout } = await tg(machine, single(plan, '-i', '3'));
    expect([code, (await verdictsOf(machine, runId)).sort()]).toEqual([
      1,
      [
        'failed: it did not work',
        'incomplete: exited with status 0 and reported neither success nor failure',
        'success: reported success and exited with status 0',
      ],
    ]);
    expect(stdout.match(/MESSAGE << single\[00\d\] >> I said "hello"/g)).toHaveLength(3);
    const lines = (await instanceFile(machine, runId, 0, 'run.out')).trim().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line).event)[0]).slice(0, 4)).toEqual([
      ...['start_event', 'message_event', 'stage_start_event', 'stage_end_event'],
    ]);
    expect(JSON.parse(lines[0] ?? '').event.start_event.runenv).toMatchObject({
      plan: 'p',
      run: runId,
      instances: 3,
    });
  });

  test('makes a silent instance incomplete if its script contains tg sync event success', async () => {
    const machine = await someMachine();
    const plan = await shellPlan('exit 0\ntg sync event success\n');
    const { code, runId } = await tg(machine, single(plan, '-i', '1'));
    expect([code, await verdictsOf(machine, runId)]).toEqual([
      6,
      ['incomplete: exited with status 0 and reported neither success nor failure'],
    ]);
  });

  test('exits 1 at a barrier once another instance has failed, and the instance is aborted', async () => {
    const machine = await someMachine();
    const plan = await shellPlan(`n=$(tg sync signal begun --wait)
[ $n = 1 ] && exit 3
tg sync barrier never 1
code=$?
echo "ended with $code"
exit $code
`);
    const { code, runId } = await tg(machine, single(plan, '-i', '3'));
    expect(code).toBe(1);
    expect((await verdictsOf(machine, runId)).sort()).toEqual([
      expect.stringMatching(/^aborted: .* and exited with status 1/),
      expect.stringMatching(/^aborted: .* and exited with status 1/),
      'failed: exited with status 3',
    ]);
    const outputs = await Promise.all(
      [0, 1, 2].map((index) => instanceFile(machine, runId, index, 'run.out')),
    );
    expect(outputs.sort()).toEqual(['', 'ended with 1\n', 'ended with 1\n']);
  });

  test('names its barrier in the verdict of an instance that times out there', async () => {
    const machine = await someMachine();
    const plan = await shellPlan('tg sync barrier never 9\n');
    const { code, runId } = await tg(machine, single(plan, '-i', '1', '--timeout', '10s'));
    expect([code, await verdictsOf(machine, runId)]).toEqual([
      7,
      [expect.stringContaining('at barrier "never" (0 of 9)')],
    ]);
  });

  test('runs this tg even if PATH has another program called tg', async () => {
    const other = await folderWith({ tg: '#!/bin/sh\necho another\n' });
    await execa('chmod', ['+x', `${other}/tg`]);
    const machine = await someMachine({ PATH: `${other}:${process.env['PATH']}` });
    const plan = await shellPlan('tg sync signal s\necho "$PATH"\n');
    const { code, runId } = await tg(machine, single(plan, '-i', '1'));
    const [number, path = ''] = (await instanceFile(machine, runId, 0, 'run.out')).split('\n');
    expect([code, number, path.split(':').slice(1).join(':')]).toEqual([0, '1', machine.env['PATH']]);
  });

  test('is also found if --env sets PATH', async () => {
    const machine = await someMachine();
    const plan = await shellPlan('tg sync signal s\n');
    const { code, runId } = await tg(machine, single(plan, '-i', '1', '--env', 'PATH=/usr/bin:/bin'));
    expect([code, await instanceFile(machine, runId, 0, 'run.out')]).toEqual([0, '1\n']);
  });

  test('leaves the PATH of the caller unchanged if it has this tg', async () => {
    const own = await folderWith({});
    await execa('ln', ['-s', `${root}/bin/tg.js`, `${own}/tg`]);
    const machine = await someMachine({ PATH: `${own}:${process.env['PATH']}` });
    const plan = await shellPlan('tg sync signal s\necho "$PATH"\n');
    const { runId } = await tg(machine, single(plan, '-i', '1'));
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe(`1\n${machine.env['PATH']}\n`);
  });
});

describeWith('cc', 'a program in C', () => {
  test('takes part in a run by calling tg sync through a shell', async () => {
    const machine = await someMachine();
    const plan = await genericPlan(
      { build: 'cc -o meet meet.c', run: './meet' },
      {
        'meet.c': `#include <stdio.h>
#include <stdlib.h>
int main(void) {
  int number = 0;
  FILE *signal = popen("tg sync signal met --wait", "r");
  if (fscanf(signal, "%d", &number) != 1 || pclose(signal) != 0) return 1;
  printf("number %d\\n", number);
  return 0;
}
`,
      },
    );
    const { code, runId } = await tg(machine, single(plan, '-i', '2'));
    const outputs = await Promise.all([0, 1].map((index) => instanceFile(machine, runId, index, 'run.out')));
    expect([code, outputs.sort()]).toEqual([0, ['number 1\n', 'number 2\n']]);
  });
});

describe('tg sync with an environment set by hand', () => {
  test('numbers signals from 1, and waits at a barrier for as many as there are instances', async () => {
    const machine = await byHand(await someService());
    expect(await said(machine, 'signal', 's')).toEqual([0, '1\n']);
    expect(await said(machine, 'barrier', 's', '--timeout', '200ms')).toEqual([
      7,
      'error: timed out after 200ms\n',
    ]);
    expect(await said(machine, 'signal', 's', '--wait')).toEqual([0, '2\n']);
    expect(await said(machine, 'barrier', 's')).toEqual([0, '']);
    expect(await said(machine, 'signal', 's', '--target', '3')).toEqual([0, '3\n']);
    expect(await said(machine, 'barrier', 'other', '0')).toEqual([0, '']);
    expect(await said(machine, 'signal', 'with "quotes" and $(words)')).toEqual([0, '1\n']);
  });

  test('delivers messages as published: texts, JSON to the last digit, lines from stdin', async () => {
    const service = await someService();
    const machine = await byHand(service);
    expect(await said(machine, 'publish', 't', 'a text')).toEqual([0, '1\n']);
    expect(await said(machine, 'publish', 't', '{"b":12345678901234567890, "a":1}', '--json')).toEqual([
      0,
      '2\n',
    ]);
    const fromStdin = await execa(process.execPath, [`${root}/bin/tg.js`, 'sync', 'publish', 't', '-'], {
      input: 'two\nlines\n',
      env: machine.env,
    });
    expect(fromStdin.stdout).toBe('3');
    const binary = await execa(process.execPath, [`${root}/bin/tg.js`, 'sync', 'publish', 't', '-'], {
      input: Buffer.from([0x61, 0xff, 0x62]),
      env: machine.env,
      reject: false,
    });
    expect([binary.exitCode, binary.stderr]).toEqual([
      2,
      expect.stringContaining('the message is not UTF-8'),
    ]);
    expect(await said(machine, 'publish', 't', '17')).toEqual([0, '4\n']);
    expect(await said(machine, 'subscribe', 't', '--count', '4')).toEqual([
      0,
      'a text\n{"b":12345678901234567890, "a":1}\ntwo\nlines\n17\n',
    ]);
    expect(await said(machine, 'subscribe', 't', '-n', '4', '--json')).toEqual([
      0,
      '"a text"\n{"b":12345678901234567890, "a":1}\n"two\\nlines"\n"17"\n',
    ]);
    // Other clients receive the same.
    const other = await rawClient(service.endpoint);
    other.send('{"id":"1","subscribe":{"topic":"run:r:plan:p:case:c:topics:t"}}');
    expect(JSON.parse(await other.next()).subscribe).toBe('"a text"');
  });

  test('follows a subscription until a signal ends it or its reader goes away', async () => {
    const machine = await byHand(await someService());
    for (const word of ['one', 'two', 'three']) await sync(machine, 'publish', 't', word);
    const following = startTg(machine, ['sync', 'subscribe', 't']);
    expect(await onceSaid(following, 'three')).toBe('one\ntwo\nthree\n');
    following.kill('SIGTERM');
    expect((await following).exitCode).toBe(143);
    const reading = startTg(machine, ['sync', 'subscribe', 't']);
    await onceSaid(reading, 'three');
    reading.stdout.destroy();
    await sync(machine, 'publish', 't', 'four');
    expect((await reading).exitCode).toBe(0);
  });

  test('publishes failure, crash and success for others, and only prints messages', async () => {
    const service = await someService();
    const machine = await byHand(service);
    const other = await rawClient(service.endpoint);
    other.send('{"id":"1","subscribe":{"topic":"run:r:plan:p:case:c:run_events"}}');
    for (const args of [
      ['message', 'not for all'],
      ['failure', 'no'],
      ['crash', 'out of order'],
      ['success'],
    ]) {
      const { code, stdout } = await sync(machine, 'event', ...args);
      const { ts: _, ...line } = JSON.parse(stdout);
      expect([code, line]).toMatchObject([0, { msg: '', group_id: 'g', run_id: 'r', event: {} }]);
    }
    const heard = [await other.next(), await other.next(), await other.next()].map((frame) =>
      JSON.parse(JSON.parse(frame).subscribe),
    );
    expect(heard).toEqual([
      { failure_event: { group: 'g', error: 'no' } },
      { crash_event: { group: 'g', error: 'out of order', stacktrace: '' } },
      { success_event: { group: 'g' } },
    ]);
  });
});

describe('tg sync', () => {
  test.each([
    [['barrier', 's', 'two'], 'a barrier waits for a whole number of entries, not "two"'],
    [['signal', 's', '--target', '-1'], 'a barrier waits for a whole number of entries, not "-1"'],
    [['publish', 't', '{a}', '--json'], 'the message is not JSON: '],
    [['signal', 's', '--timeout', '5'], '--timeout: the timeout must be a positive duration, not "5"'],
    [['event', 'message'], 'the event message needs a text'],
    [['event', 'success', 'very'], 'the event success takes no text'],
    [['event', 'other'], 'Allowed choices are start, message, success'],
    [['subscribe', 't', '--count', '0'], '0'],
    [['signal', ''], 'the name of the state is empty'],
    [['subscribe', ''], 'the name of the topic is empty'],
    [['signal'], "missing required argument 'state'"],
  ])('exits 2 for %j', async (args, text) => {
    const machine = await byHand(await someService());
    const { code, stderr, stdout } = await sync(machine, ...args);
    expect([code, stderr, stdout]).toEqual([2, expect.stringContaining(text), '']);
  });

  test('exits 2 outside a run and names the missing variables', async () => {
    expect(await said(await someMachine(), 'signal', 's')).toEqual([
      2,
      expect.stringContaining(
        'this program is not in a run: TEST_RUN, TEST_PLAN, TEST_CASE are not set\n  tg sync is for',
      ),
    ]);
  });

  test('exits 5 if no sync service answers, and 2 for a port that is no number', async () => {
    const around = { TEST_RUN: 'r', TEST_PLAN: 'p', TEST_CASE: 'c', SYNC_SERVICE_HOST: '127.0.0.1' };
    const deaf = await someMachine({ ...around, SYNC_SERVICE_PORT: '2' });
    expect(await said(deaf, 'signal', 's')).toEqual([
      5,
      expect.stringMatching(/^error: 127\.0\.0\.1:2: no sync service answers: .*ECONNREFUSED/),
    ]);
    const odd = await someMachine({ ...around, SYNC_SERVICE_PORT: 'none' });
    expect((await sync(odd, 'signal', 's')).code).toBe(2);
  });

  test('exits 1 with the error of the service for a key that the service refuses', async () => {
    const machine = await byHand(await someService('run:another:'));
    expect(await said(machine, 'signal', 's')).toEqual([1, expect.stringContaining('error: the key ')]);
  });
});
