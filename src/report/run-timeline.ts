import type { JournalRecord } from '../history/events.ts';
import type { RunRecord } from '../history/record.ts';
import { msBetween } from '../os/clock.ts';
import { type InstanceId, instancesOfGroups, instanceTag } from '../plan/instance-id.ts';
import type { InstanceVerdict } from '../run/verdict/result.ts';
import { truncate } from '../util/truncate.ts';
import type { ReportInstance, Stage } from './data.ts';
import { StageTimer } from './stage-times.ts';

/** The maximum number of stages kept of a run, and the minimum kept of each instance. */
const maxStages = { ofRun: 100_000, ofInstance: 64 } as const;
/** The maximum number of characters kept of a stage's name. */
const maxName = 200;

/** The starts and ends of the instances of a run and of their stages, in ms since the run began. */
export class RunTimeline {
  readonly all: readonly InstanceId[];
  /** Indexes of groups in the list of all. */
  readonly #groups: ReadonlyMap<string, number>;
  readonly #places: ReadonlyMap<string, number>;
  readonly #from = new Map<number, number>();
  readonly #to = new Map<number, number>();
  readonly #ready = new Map<number, number>();
  readonly #open = new Map<string, { readonly of: number; readonly name: string; readonly from: number }>();
  readonly #stages: Stage[] = [];
  /** The number of stages kept of each instance. */
  readonly #kept = new Map<number, number>();
  readonly #share: number;
  /** How long stages took; also those that are not kept. */
  readonly timer = new StageTimer();
  readonly #begun = new Map<string, number>();
  /** The number of stages not kept. */
  stagesLeft = 0;
  /** The start, and the end if there is one, in ms since the epoch. */
  began: number;
  ended: number | undefined;
  /** The outcome recorded in the journal. */
  outcome: string | undefined;

  constructor({ groups, created }: Pick<RunRecord, 'groups' | 'created'>) {
    this.began = created.getTime();
    this.#groups = new Map(groups.map(({ id }, place) => [id, place]));
    this.all = instancesOfGroups(groups);
    this.#share = Math.max(maxStages.ofInstance, Math.floor(maxStages.ofRun / this.all.length));
    this.#places = new Map(this.all.map((instance, place) => [instanceTag(instance), place]));
  }

  /** The index of an instance in the list of all; -1 if it is not there. */
  readonly placeOf = (instance: InstanceId): number => this.#places.get(instanceTag(instance)) ?? -1;

  /** The end of an instance; null while it runs. */
  readonly endOf = (place: number): number | null => this.#to.get(place) ?? null;

  hasBegun(place: number): boolean {
    return this.#from.has(place);
  }

  /** Applies a record of the journal. Records come in order. */
  learn(its: JournalRecord): void {
    const at = its.at.getTime();
    if (its.type === 'run-started') this.began = at;
    const since = msBetween(this.began, at);
    if (its.type === 'run-ended') {
      this.ended = Math.max(this.began, at);
      this.outcome = its.outcome;
    }
    if (its.type === 'instance-started' || its.type === 'instance-held')
      this.#from.set(this.placeOf(its.instance), since);
    if (its.type !== 'instance-exited') return;
    const place = this.placeOf(its.instance);
    this.#to.set(place, Math.max(since, this.#from.get(place) ?? 0));
  }

  /** Records that an instance was running its plan at a time. */
  isReady(place: number, at: number): void {
    const known = this.#ready.get(place);
    if (known === undefined || at < known) this.#ready.set(place, at);
  }

  /** Records that an instance begins or ends a stage. */
  stage(what: 'stage-start' | 'stage-end', of: number, name: string, at: number): void {
    const key = JSON.stringify([of, name]);
    this.#time(what, of, truncate(name, maxName), at, key);
    const open = this.#open.get(key);
    // A stage that begins again without an end ends here.
    if (open !== undefined) this.#stages.push({ ...open, to: Math.max(open.from, at) });
    this.#open.delete(key);
    if (what === 'stage-end') return;
    const kept = this.#kept.get(of) ?? 0;
    if (kept >= this.#share) {
      this.stagesLeft++;
      return;
    }
    this.#kept.set(of, kept + 1);
    this.#open.set(key, { of, name: truncate(name, maxName), from: at });
  }

  #time(what: 'stage-start' | 'stage-end', of: number, name: string, at: number, key: string): void {
    const from = this.#begun.get(key);
    if (what === 'stage-start') {
      if (this.timer.begin(name, at)) this.#begun.set(key, at);
    } else if (from !== undefined) {
      this.timer.end(name, of, from, at);
      this.#begun.delete(key);
    }
  }

  /** Returns all stages; an open stage ends with its instance. */
  stages(): readonly Stage[] {
    const open = [...this.#open.values()].map(
      (stage): Stage => ({ ...stage, to: notBefore(stage.from, this.endOf(stage.of)) }),
    );
    return [...this.#stages, ...open].sort((a, b) => a.from - b.from);
  }

  /** @param verdicts the known verdicts. @param over whether all instances have ended. */
  instances(verdicts: readonly InstanceVerdict[], over: boolean): readonly ReportInstance[] {
    const of = new Map(verdicts.map((verdict) => [instanceTag(verdict), verdict]));
    return this.all.map((instance, place): ReportInstance => {
      const { outcome, reason } = of.get(instanceTag(instance)) ?? this.#stateSoFar(place, over);
      const started = this.#from.get(place) ?? null;
      const ready = this.#ready.get(place) ?? null;
      // tg may learn late that an instance runs.
      const from = started === null || ready === null ? started : Math.min(started, ready);
      const to = this.endOf(place);
      return {
        group: this.#groups.get(instance.group) ?? -1,
        index: instance.index,
        outcome,
        reason,
        from,
        ready,
        to,
      };
    });
  }

  #stateSoFar(place: number, over: boolean): Pick<ReportInstance, 'outcome' | 'reason'> {
    if (!this.#from.has(place))
      return over
        ? { outcome: 'never-started', reason: 'the run ended first' }
        : { outcome: 'waiting to start', reason: '' };
    if (this.#to.has(place))
      return {
        outcome: 'ended',
        reason: over ? 'its verdict is unknown' : 'its verdict follows at the end of the run',
      };
    return over
      ? { outcome: 'incomplete', reason: 'the run was interrupted' }
      : { outcome: 'running', reason: '' };
  }
}

/** Clamps an end to its start, since the clocks of an instance and of tg may differ. */
export function notBefore(from: number, to: number | null): number | null {
  return to === null ? null : Math.max(from, to);
}
