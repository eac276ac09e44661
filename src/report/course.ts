import type { JournalRecord } from '../history/events.ts';
import type { RunRecord } from '../history/record.ts';
import { type InstanceId, instanceTag } from '../run/instance-id.ts';
import type { InstanceVerdict } from '../run/result.ts';
import type { ReportInstance, Stage } from './data.ts';

/** When the instances of a run began and ended, and their stages, in ms since the run began. */
export class Course {
  readonly all: readonly InstanceId[];
  readonly #groups: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #from = new Map<number, number>();
  readonly #to = new Map<number, number>();
  readonly #open = new Map<string, { readonly of: number; readonly name: string; readonly from: number }>();
  readonly #stages: Stage[] = [];
  /** Since the epoch; when it ended, if it did. */
  began = 0;
  ended: number | undefined;

  constructor({ groups }: Pick<RunRecord, 'groups'>) {
    this.#groups = groups.map(({ id }) => id);
    this.all = groups.flatMap(({ id, instances }) =>
      Array.from({ length: instances }, (_, index) => ({ group: id, index })),
    );
    this.#places = new Map(this.all.map((instance, place) => [instanceTag(instance), place]));
  }

  /** The place of an instance in the list of all; -1 for one that is not there. */
  readonly placeOf = (instance: InstanceId): number => this.#places.get(instanceTag(instance)) ?? -1;

  /** When an instance ended; null for one that has not. */
  readonly endOf = (place: number): number | null => this.#to.get(place) ?? null;

  /** Takes a record of the journal, in their order. */
  learn(its: JournalRecord): void {
    const at = its.at.getTime();
    if (this.began === 0 || its.type === 'run-started') this.began = at;
    const since = at - this.began;
    if (its.type === 'run-ended') this.ended = at;
    if (its.type === 'instance-started' || its.type === 'instance-held')
      this.#from.set(this.placeOf(its.instance), since);
    if (its.type === 'instance-exited') this.#to.set(this.placeOf(its.instance), since);
  }

  /** An instance says that it begins a stage, or ends it. */
  stage(what: 'stage-start' | 'stage-end', of: number, name: string, at: number): void {
    const key = JSON.stringify([of, name]);
    const open = this.#open.get(key);
    // One that begins again without having ended does so now.
    if (open !== undefined) this.#stages.push({ ...open, to: at });
    this.#open.delete(key);
    if (what === 'stage-start') this.#open.set(key, { of, name, from: at });
  }

  /** One that an instance has not left ends with it. */
  stages(): readonly Stage[] {
    const open = [...this.#open.values()].map((stage): Stage => ({ ...stage, to: this.endOf(stage.of) }));
    return [...this.#stages, ...open].sort((a, b) => a.from - b.from);
  }

  /** @param verdicts as far as there are some. @param over whether nobody runs any more. */
  instances(verdicts: readonly InstanceVerdict[], over: boolean): readonly ReportInstance[] {
    const of = new Map(verdicts.map((verdict) => [instanceTag(verdict), verdict]));
    return this.all.map((instance, place): ReportInstance => {
      const { outcome, reason } = of.get(instanceTag(instance)) ?? this.#standing(place, over);
      const from = this.#from.get(place) ?? null;
      const to = this.endOf(place);
      return {
        group: this.#groups.indexOf(instance.group),
        index: instance.index,
        outcome,
        reason,
        from,
        to,
      };
    });
  }

  #standing(place: number, over: boolean): Pick<ReportInstance, 'outcome' | 'reason'> {
    if (!this.#from.has(place))
      return over
        ? { outcome: 'never-started', reason: 'the run ended before' }
        : { outcome: 'waiting to start', reason: '' };
    if (over) return { outcome: 'incomplete', reason: 'the run was interrupted' };
    if (this.#to.has(place))
      return { outcome: 'running', reason: 'it has ended; its verdict comes with the run’s' };
    return { outcome: 'running', reason: '' };
  }
}
