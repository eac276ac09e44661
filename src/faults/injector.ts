import type { FaultKind, FaultSpec, InstanceSet } from '../plan/fault/fault.ts';
import { faultText } from '../plan/fault/fault-text.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import { messageOf } from '../util/errors.ts';
import { longestTimer } from '../util/longest-timer.ts';
import { CueCounter, type CueMoment, type InstanceAction } from './cue-counter.ts';
import { InstanceSets } from './instance-sets.ts';
import { pickInstances, rankedBy } from './pick.ts';
import { timesOf } from './times.ts';

/** Undoes a fault. */
export type Heal = () => void | Promise<void>;

/** What happened to a fault of a run. */
export type FaultReport = {
  /** Its number among the faults of the run, from 1. */
  readonly fault: number;
  readonly kind: FaultKind;
  readonly text: string;
} & (
  | {
      readonly did: 'inject';
      /** How often it has been injected, this time included. */
      readonly nth: number;
      readonly instances: readonly InstanceId[];
    }
  | { readonly did: 'heal'; readonly nth: number; readonly instances: readonly InstanceId[] }
  /** It could not be injected, or undone. */
  | { readonly did: 'fail'; readonly why: string }
);

/** A fault that is to be injected. */
export interface Injection {
  readonly fault: FaultSpec;
  readonly instances: readonly InstanceId[];
  /** The set of which they are. */
  readonly members: readonly InstanceId[];
  /** The members in an order by chance. */
  readonly ranked: () => readonly InstanceId[];
}

export interface InjectorOptions {
  readonly faults: readonly FaultSpec[];
  readonly seed: string;
  /** All instances of the run. */
  readonly instances: readonly InstanceId[];
  readonly isRunning: (instance: InstanceId) => boolean;
  /** Whether the run waits for the end of an instance. */
  readonly isAwaited: (instance: InstanceId) => boolean;
  /**
   * Begins a fault.
   * @returns how to undo it; undefined for one that happens once.
   * @throws Error with why it cannot be.
   */
  readonly begin: (injection: Injection) => Promise<Heal | undefined>;
  readonly report: (report: FaultReport) => void;
}

/** A fault, and what has come of it. */
interface Planned {
  readonly number: number;
  readonly fault: FaultSpec;
  readonly cues: CueCounter | undefined;
  injected: number;
  hasFailed: boolean;
}

/** A fault that lasts. */
interface Lasting {
  readonly planned: Planned;
  readonly instances: readonly InstanceId[];
  readonly nth: number;
  readonly heal: Heal;
  timer: NodeJS.Timeout | undefined;
}

/** Injects the faults of a run at their times and on their cues, and undoes them. */
export class FaultInjector {
  readonly #options: InjectorOptions;
  readonly #planned: readonly Planned[];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #lasting = new Set<Lasting>();
  readonly #sets: InstanceSets;
  readonly #beginning = new Set<Promise<void>>();
  /** What cues have asked for before all instances were started; undefined after that. */
  #early: (() => void)[] | undefined = [];
  /** Those that have ended, or were never started. */
  readonly #gone = new Set<string>();
  #over: Promise<void> | undefined;

  constructor(options: InjectorOptions) {
    this.#options = options;
    this.#sets = new InstanceSets(options.instances, options.faults.flatMap(setsIn));
    this.#planned = options.faults.map((fault, index) => {
      const cues = fault.moment.kind === 'cue' ? this.#counterOf(fault.moment) : undefined;
      return { number: index + 1, fault, cues, injected: 0, hasFailed: false };
    });
  }

  #counterOf(moment: CueMoment): CueCounter {
    const { by } = moment;
    return new CueCounter(moment, (instance) => by === null || this.#sets.includes(by, instance));
  }

  /** Starts the clock: all instances are started. */
  start(): void {
    const began = performance.now();
    const { instances, isRunning } = this.#options;
    for (const its of instances) if (!isRunning(its)) this.#gone.add(instanceTag(its));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const inject of early) inject();
    for (const planned of this.#planned) {
      const times = timesOf(planned.fault.moment, this.#options.seed, planned.number);
      this.#schedule(planned, times, began);
    }
  }

  /** One at a time: there may be no end of them. */
  #schedule(planned: Planned, times: Iterator<number>, began: number): void {
    const { done, value } = times.next();
    if (done) return;
    this.#later(value - (performance.now() - began), () => {
      this.#inject(planned, undefined);
      this.#schedule(planned, times, began);
    });
  }

  #later(ms: number, then: () => void): NodeJS.Timeout | undefined {
    if (this.#over !== undefined || ms > longestTimer) return undefined;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  /** Learns what an instance does. */
  learn(instance: InstanceId, action: InstanceAction): void {
    if (action.did === 'signal') this.#sets.signalled(instance, action.state);
    for (const planned of this.#planned) {
      const { moment } = planned.fault;
      if (moment.kind !== 'cue' || planned.cues?.counts(instance, action) !== true) continue;
      this.#onCue(moment.afterMs, () => this.#inject(planned, instance));
    }
    if (action.did !== 'end') return;
    this.#gone.add(instanceTag(instance));
    this.#freeLast();
  }

  /** Before all instances are started, a target may have others than those that run. */
  #onCue(afterMs: number, inject: () => void): void {
    const act = () => (afterMs === 0 ? inject() : void this.#later(afterMs, inject));
    if (this.#early === undefined) act();
    else this.#early.push(act);
  }

  #inject(planned: Planned, cue: InstanceId | undefined): void {
    if (this.#over !== undefined) return;
    const beginning = this.#begin(planned, cue).catch((error) => this.#fail(planned, messageOf(error)));
    this.#beginning.add(beginning);
    void beginning.finally(() => this.#beginning.delete(beginning));
  }

  async #begin(planned: Planned, cue: InstanceId | undefined): Promise<void> {
    const { seed, isRunning, begin, report } = this.#options;
    const { fault, number } = planned;
    const members = this.#sets.membersOf(fault.target.of, cue);
    const nth = planned.injected + 1;
    const instances = pickInstances(fault.target, { members, isRunning }, seed, number, nth);
    if (typeof instances === 'string') {
      // Of what is repeated, a later time may find no target that still runs.
      if (fault.moment.kind !== 'every' || planned.injected === 0) this.#fail(planned, instances);
      return;
    }
    if (isEndlessPause(fault) && this.#leavesNone([...this.#pausedForGood(), ...instances])) {
      this.#fail(planned, 'no instance would be left running, and it has no end: give it one with for');
      return;
    }
    planned.injected = nth;
    const ranked = () => rankedBy(members, seed, number, nth);
    const heal = await begin({ fault, instances, members, ranked });
    report({ ...about(planned), did: 'inject', nth, instances });
    if (heal === undefined) return;
    const lasting: Lasting = { planned, instances, nth, heal, timer: undefined };
    this.#lasting.add(lasting);
    if (fault.forMs !== null) lasting.timer = this.#later(fault.forMs, () => void this.#heal(lasting));
  }

  async #heal(lasting: Lasting): Promise<void> {
    if (!this.#lasting.delete(lasting)) return;
    const { planned, instances, nth, heal, timer } = lasting;
    clearTimeout(timer);
    try {
      await heal();
      this.#options.report({ ...about(planned), did: 'heal', nth, instances });
    } catch (error) {
      this.#fail(planned, `it could not be undone: ${messageOf(error)}`);
    }
  }

  #fail(planned: Planned, why: string): void {
    planned.hasFailed = true;
    this.#options.report({ ...about(planned), did: 'fail', why });
  }

  /** Instances that are paused until the run ends would keep it from ending, once no others run. */
  #freeLast(): void {
    const paused = this.#pausedForGood();
    if (paused.length === 0 || !this.#leavesNone(paused)) return;
    for (const its of this.#lasting) if (isEndlessPause(its.planned.fault)) void this.#heal(its);
  }

  #pausedForGood(): readonly InstanceId[] {
    return [...this.#lasting].flatMap(({ planned: { fault }, instances }) =>
      isEndlessPause(fault) ? instances : [],
    );
  }

  /** Whether a run whose instances are paused waits for none but these. */
  #leavesNone(paused: readonly InstanceId[]): boolean {
    const { instances, isAwaited } = this.#options;
    const tags = new Set(paused.map(instanceTag));
    const isLeft = (its: InstanceId) => isAwaited(its) && !this.#gone.has(instanceTag(its));
    return instances.every((its) => !isLeft(its) || tags.has(instanceTag(its)));
  }

  /** Undoes everything, and reports each fault that never happened. */
  end(): Promise<void> {
    this.#over ??= this.#undoAll();
    return this.#over;
  }

  async #undoAll(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#beginning);
    for (const lasting of this.#lasting) await this.#heal(lasting);
    for (const planned of this.#planned)
      if (planned.injected === 0 && !planned.hasFailed) this.#fail(planned, whyNever(planned));
  }
}

function isEndlessPause({ kind, forMs }: FaultSpec): boolean {
  return kind === 'pause' && forMs === null;
}

/** The sets that a fault names. */
function setsIn({ target, moment }: FaultSpec): readonly InstanceSet[] {
  return moment.kind === 'cue' && moment.by !== null ? [target.of, moment.by] : [target.of];
}

function about({ number, fault }: Planned) {
  return { fault: number, kind: fault.kind, text: faultText(fault) };
}

function whyNever({ fault: { moment }, cues }: Planned): string {
  if (moment.kind !== 'cue' || cues === undefined || cues.came >= moment.count)
    return 'the run had ended before';
  if (cues.came === 0) return 'its cue never came';
  return `its cue came only ${cues.came} of ${moment.count} times`;
}
