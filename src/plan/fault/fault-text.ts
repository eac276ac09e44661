import { formatDuration } from '../../values/go-duration.ts';
import { instanceTag } from '../instance-id.ts';
import type { Cue, FaultKind, FaultSpec, FaultTarget, InstanceSet, Moment, NetworkEffect } from './fault.ts';

/** Describes a fault: `pause one of servers for 2s when the state ready is signalled`. */
export function faultText({ kind, network, target, moment, forMs }: FaultSpec): string {
  const effect = network === null ? '' : effectText(network);
  return `${kind} ${targetText(target)}${effect}${lastingText(kind, forMs)} ${momentText(moment)}`;
}

function effectText({ layout, direction, link }: NetworkEffect): string {
  const parts = [
    ...(layout === 'split' ? [] : [`as a ${layout}`]),
    ...(direction === 'both' ? [] : [`only what they ${direction === 'out' ? 'send' : 'receive'}`]),
    ...(link === null ? [] : [link]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function lastingText(kind: FaultKind, forMs: number | null): string {
  if (forMs === null || forMs === 0) return '';
  const text = formatDuration(forMs);
  return kind === 'restart' ? ` (down for ${text})` : ` for ${text}`;
}

function targetText({ pick, of }: FaultTarget): string {
  if (pick === 'all') return setText(of);
  const share = typeof pick === 'number' || pick === 'one' ? pick : `a ${pick}`;
  return `${share} of ${setText(of)}`;
}

function setText(set: InstanceSet): string {
  switch (set.kind) {
    case 'all':
      return 'all instances';
    case 'group':
      return set.group;
    case 'instance':
      return instanceTag(set);
    case 'signalled':
      return `those that have signalled ${set.state}`;
    case 'first':
      return `the one that signalled ${set.state} first`;
    case 'cue':
      return 'the one that gave the cue';
  }
}

function momentText(moment: Moment): string {
  switch (moment.kind) {
    case 'at':
      return `at ${formatDuration(moment.atMs)}`;
    case 'between':
      return `between ${formatDuration(moment.fromMs)} and ${formatDuration(moment.untilMs)}`;
    case 'every': {
      const { everyMs, jitterMs, fromMs, untilMs, times } = moment;
      const jitter = jitterMs === 0 ? '' : ` ±${formatDuration(jitterMs)}`;
      const until = untilMs === null ? '' : ` until ${formatDuration(untilMs)}`;
      const from = fromMs === 0 ? '' : ` from ${formatDuration(fromMs)}`;
      return `every ${formatDuration(everyMs)}${jitter}${from}${until}${timesText(times)}`;
    }
    case 'cue': {
      const { cue, by, count, times, afterMs } = moment;
      const after = afterMs === 0 ? 'when' : `${formatDuration(afterMs)} after`;
      const nth = count === 1 ? '' : `, time ${count}`;
      const who = by === null ? '' : ` by ${setText(by)}`;
      return `${after} ${cueText(cue)}${who}${nth}${timesText(times === 1 ? null : times)}`;
    }
  }
}

function timesText(times: number | null): string {
  return times === null ? '' : `, ${times} times`;
}

/** Describes a cue. */
export function cueText(cue: Cue): string {
  switch (cue.on) {
    case 'state':
      return `the state ${cue.state} is signalled`;
    case 'topic': {
      const value = cue.value === null ? '' : ` with ${JSON.stringify(cue.value)}`;
      return `a message${value} is published to ${cue.topic}`;
    }
    case 'stage':
      return `the stage ${cue.stage} ${cue.edge === 'begin' ? 'begins' : 'ends'}`;
    case 'line':
      return `a line has ${JSON.stringify(cue.text)}`;
    case 'end':
      return 'an instance ends';
  }
}
