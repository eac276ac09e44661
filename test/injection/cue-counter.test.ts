import { describe, expect, test } from 'vitest';
import { CueCounter, type InstanceAction } from '../../src/faults/cue-counter.ts';
import type { Cue } from '../../src/plan/fault/fault.ts';

const who = { group: 'g', index: 0 };
const other = { group: 'h', index: 0 };

const counter = (cue: Cue, count = 1, times = 1) =>
  new CueCounter({ kind: 'cue', cue, by: null, count, times, afterMs: 0 }, ({ group }) => group === 'g');

const publish = (payload: string): InstanceAction => ({ did: 'publish', topic: 'votes', payload });

describe('a cue', () => {
  test.each<[Cue, InstanceAction, boolean]>([
    [{ on: 'state', state: 'a' }, { did: 'signal', state: 'a' }, true],
    [{ on: 'state', state: 'a' }, { did: 'signal', state: 'ab' }, false],
    [{ on: 'stage', stage: 's', edge: 'end' }, { did: 'stage', stage: 's', edge: 'end' }, true],
    [{ on: 'stage', stage: 's', edge: 'end' }, { did: 'stage', stage: 's', edge: 'begin' }, false],
    [{ on: 'line', text: 'time' }, { did: 'print', text: 'out of time!' }, true],
    [{ on: 'line', text: 'Time' }, { did: 'print', text: 'out of time!' }, false],
    [{ on: 'end' }, { did: 'end' }, true],
    [{ on: 'end' }, { did: 'signal', state: 'end' }, false],
    [{ on: 'topic', topic: 'votes', value: null }, publish('no JSON'), true],
    [{ on: 'topic', topic: 'other', value: null }, publish('1'), false],
    [{ on: 'topic', topic: 'votes', value: { term: 2 } }, publish('{"term":2,"from":"a"}'), true],
    [{ on: 'topic', topic: 'votes', value: { term: 2 } }, publish('{"term":3}'), false],
    [{ on: 'topic', topic: 'votes', value: { a: { b: [1] } } }, publish('{"a":{"b":[1],"c":0}}'), true],
    [{ on: 'topic', topic: 'votes', value: { a: { b: [1] } } }, publish('{"a":{"b":[1,2]}}'), false],
    [{ on: 'topic', topic: 'votes', value: 'yes' }, publish('"yes"'), true],
    [{ on: 'topic', topic: 'votes', value: 'yes' }, publish('no JSON'), false],
    [{ on: 'topic', topic: 'votes', value: {} }, publish('[]'), false],
    [{ on: 'topic', topic: 'votes', value: { toString: {} } }, publish('{}'), false],
  ])('%j after %j: %s', (cue, action, isIt) => {
    expect(counter(cue).counts(who, action)).toBe(isIt);
  });

  test('counts from the nth time, as often as asked, and those of others not at all', () => {
    const cues = counter({ on: 'state', state: 'a' }, 3, 2);
    const counts = (by = who) => cues.counts(by, { did: 'signal', state: 'a' });
    expect([counts(), counts(other), counts(), cues.came, counts(), counts(), counts(), counts()]).toEqual([
      ...[false, false, false, 2, true, true, false, false],
    ]);
  });
});
