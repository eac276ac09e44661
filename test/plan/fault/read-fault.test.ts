import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { type FaultSpec, shareNames } from '../../../src/plan/fault/fault.ts';
import { faultSpecSchema } from '../../../src/plan/fault/fault-spec-schema.ts';
import { faultTableSchema } from '../../../src/plan/fault/fault-table.ts';
import { faultText } from '../../../src/plan/fault/fault-text.ts';
import { checkFaults, readFault, readFaultText } from '../../../src/plan/fault/read-fault.ts';
import { writeFault } from '../../../src/plan/fault/write-fault.ts';
import { jsonWithRunSpecs, parseWithRunSpecs } from '../../../src/plan/run-spec-schema.ts';
import { TgError } from '../../../src/util/errors.ts';

const read = (text: string) => readFaultText(text, '--fault');

function refusalOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof TgError) return error.message;
  }
  return 'accepted';
}

test.each([
  ['kill all at=5s', 'kill all instances at 5s'],
  ['stop servers[2] from=1s until=3s', 'stop servers[002] between 1s and 3s'],
  [
    'pause one:servers every=10s jitter=2s times=3 for=1s',
    'pause one of servers for 1s every 10s ±2s, 3 times',
  ],
  [
    'kill minority:all every=1s from=2s until=9s',
    'kill a minority of all instances every 1s from 2s until 9s',
  ],
  ['pause 2:servers state=ready for=2s', 'pause 2 of servers for 2s when the state ready is signalled'],
  [
    'kill first(leader) state=ready count=3 after=200ms times=2',
    'kill the one that signalled leader first 200ms after the state ready is signalled, time 3, 2 times',
  ],
  [
    `kill cue topic=votes 'value={"term":2}' by=servers`,
    'kill the one that gave the cue when a message with {"term":2} is published to votes by servers',
  ],
  [
    'kill half:signalled(up) stage=load',
    'kill a half of those that have signalled up when the stage load begins',
  ],
  ['kill all stage=load edge=end', 'kill all instances when the stage load ends'],
  [`kill cue line="out of time"`, 'kill the one that gave the cue when a line has "out of time"'],
  ['partition half:all at=1s for=2s', 'partition a half of all instances for 2s at 1s'],
  ['partition servers layout=ring at=1s', 'partition servers (as a ring) at 1s'],
  ['disconnect one:all direction=in at=1s', 'disconnect one of all instances (only what they receive) at 1s'],
  ['slow servers link=latency=1s,jitter=5ms at=1s', 'slow servers (latency=1s,jitter=5ms) at 1s'],
  ['lossy servers direction=out at=1s', 'lossy servers (only what they send, loss=20%) at 1s'],
  ['nat-reset homes at=1s', 'nat-reset homes at 1s'],
  ['kill servers ended=clients[0]', 'kill servers when an instance ends by clients[000]'],
])('%s', (text, words) => {
  expect(faultText(read(text))).toBe(words);
});

describe('refuses, with what is wrong,', () => {
  test.each([
    ['', /kind: /],
    ['explode all at=1s', /kind: .*"kill"/],
    ['kill', /target: /],
    ['kill all', /nothing says when it happens: give at, every/],
    ['kill all at=1s state=ready', /at and state cannot both say when it happens/],
    ['kill all at=soon', /at: "soon" is no duration, such as 5s/],
    ['kill all at=-1s', /at: "-1s" is no duration/],
    ['kill all at=1s at=2s', /at is given twice/],
    ['kill all at', /"at" is no setting, such as at=5s/],
    ['kill all when=1s', /when/],
    ['kill all at=1s for=2s', /kill happens once: for does not go with it/],
    ['kill cue at=1s', /the target cue needs a cue/],
    ['kill three:all at=1s', /"three:all" is no target/],
    ['kill servers[x] at=1s', /"servers\[x\]" is no target/],
    ['kill 0:all at=1s', /"0:all" is no target/],
    ['kill all from=2s until=1s', /until must be after from/],
    ['kill all from=2s', /nothing says when it happens/],
    ['kill all every=1ms', /every must be at least 10 ms/],
    ['kill all every=1s jitter=800ms', /jitter must be at most half of every/],
    ['kill all at=1s jitter=1s', /jitter does not go with at/],
    ['kill all state=a edge=end', /edge does not go with state/],
    ['kill all state=a count=0', /count: /],
    ['kill all state=a count=x', /count: /],
    ['kill all state=a by=cue', /by: "cue" names no instances/],
    ['kill all layout=ring at=1s', /layout does not go with kill/],
    ['kill all direction=in at=1s', /direction does not go with kill/],
    ['disconnect all link=loss=1% at=1s', /link does not go with disconnect/],
    ['partition all at=1s', /a partition needs a share of a set/],
    ['partition half:all layout=ring at=1s', /a ring is of a whole set: "half:all" is a share/],
    ['partition all layout=bridge direction=in at=1s', /direction does not go with bridge/],
    ['nat-reset all at=1s for=1s', /nat-reset happens once: for does not go with it/],
    ['nat-reset all at=1s direction=in', /direction does not go with nat-reset/],
    ['kill all line="open', /a quote is not closed/],
    ['kill all topic=a value=null', /value must be text, numbers/],
    [`kill all topic=a 'value={"a":[null]}'`, /value must be text, numbers/],
  ])('%s', (text, why) => {
    expect(refusalOf(text)).toMatch(why);
  });
});

test('refuses instances that the run does not have, and kinds that its runner cannot inject', () => {
  const groups = [{ id: 'servers', instances: 3 }];
  const runner = { id: 'local:exec', faults: ['kill'] } as const;
  const check = (text: string) => () => checkFaults([read(text)], groups, runner);
  expect(check('kill servers[2] at=1s')).not.toThrow();
  expect(check('kill servers[3] at=1s')).toThrow('fault: the run does not have servers[003]');
  expect(check('kill clients at=1s')).toThrow('fault: the run does not have clients');
  expect(check('kill servers state=a by=clients')).toThrow('fault: the run does not have clients');
  expect(check('pause servers at=1s')).toThrow('fault: the runner local:exec has no pause');
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const sets = fc.oneof(
  fc.constant('all'),
  name.filter((text) => text !== 'all' && text !== 'cue'),
  fc.tuple(name, fc.nat(99)).map(([group, index]) => `${group}[${index}]`),
  fc.tuple(fc.constantFrom('signalled', 'first'), name).map(([how, state]) => `${how}(${state})`),
);
const targets = fc.oneof(
  sets,
  fc.tuple(fc.constantFrom(...shareNames, '1', '12'), sets).map(([share, set]) => `${share}:${set}`),
);
const duration = fc.integer({ min: 10, max: 99 }).map((s) => `${s}s`);
/** JSON without null, and without quotes of a shell. */
const values = fc
  .jsonValue()
  .map((value) => JSON.stringify(value))
  .filter((text) => !text.includes('null') && !text.includes("'") && !text.includes('__proto__'));
const cues = fc.oneof(
  ...['state', 'topic', 'stage', 'line'].map((key) => name.map((text) => `${key}=${text}`)),
  sets.map((set) => `ended=${set}`),
  fc.tuple(name, values).map(([topic, value]) => `topic=${topic} 'value=${value}'`),
);
const moments = fc.oneof(
  duration.map((at) => `at=${at}`),
  duration.map((every) => `every=${every} jitter=5s from=1s until=100s times=7`),
  fc.tuple(cues, duration).map(([cue, after]) => `${cue} count=2 times=3 after=${after}`),
);

const kinds = fc.constantFrom(
  ...[
    'pause TARGET',
    'restart TARGET',
    'disconnect TARGET direction=in',
    'slow TARGET',
    'lossy TARGET link=loss=3%',
  ],
  ...['partition half:all direction=out', 'partition all layout=ring', 'partition all layout=bridge'],
);

test('property: a fault is the same after it was stored in a bundle, and written in a composition', () => {
  fc.assert(
    fc.property(kinds, targets, moments, fc.constantFrom('', ' for=3s'), (kind, target, moment, lasting) => {
      const fault: FaultSpec = read(`${kind.replace('TARGET', target)} ${moment}${lasting}`);
      const stored = parseWithRunSpecs(jsonWithRunSpecs({ faults: [fault] })) as { faults: unknown[] };
      expect(faultSpecSchema.parse(stored.faults[0])).toEqual(fault);
      expect(
        readFault(faultTableSchema.parse(parse(stringify(writeFault(fault)))), 'composition.toml'),
      ).toEqual(fault);
    }),
  );
});
