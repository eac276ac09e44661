/** Why an instance ended; everything but `by-itself` is done by tg. */
export type Ending =
  | 'by-itself'
  | 'timeout'
  | 'canceled'
  | 'store-lost'
  | 'runner-lost'
  | 'refused'
  | 'abandoned'
  | 'disk-full'
  | 'max-output'
  | 'no-longer-needed';

/** Why tg stops a run before all instances have ended by themselves. */
export interface Stop {
  readonly ending: Exclude<Ending, 'by-itself'>;
  /** The reason as text. */
  readonly why: string;
}
