import type { Lateness } from '../measured.ts';
import type { Shape } from '../shape.ts';
import type { PortCounts, StageName } from './port.ts';

/**
 * A request to the switch, one JSON object per line on its stdin. Each is answered by a line on its stdout with the
 * same number: `{ id }`, or `{ id, measured }`, or `{ id, why }` if it failed.
 */
export type SwitchRequest = { readonly id: number } & (
  | {
      readonly do: 'add';
      readonly link: number;
      readonly mac: string;
      readonly farMac: string;
      readonly seed: readonly number[];
    }
  | { readonly do: 'address'; readonly link: number; readonly address: string | null }
  | {
      readonly do: 'shape';
      readonly link: number;
      readonly stage: StageName;
      readonly shape: Shape;
    }
  /** Records its packets in a new file. */
  | { readonly do: 'record'; readonly link: number; readonly file: string }
  | { readonly do: 'measure' }
);

/** What the switch has done so far. */
export interface SwitchMeasured {
  /** By the index of the device. */
  readonly ports: readonly (readonly [link: number, counts: Readonly<PortCounts>])[];
  /** Absent if no frame was delayed. */
  readonly lateness?: Lateness | undefined;
  /** The number of frames that the kernel dropped before the switch received them. */
  readonly missed: number;
  /** What went wrong, as text. */
  readonly problems: readonly string[];
}

export interface SwitchReply {
  readonly id: number;
  readonly measured?: SwitchMeasured;
  readonly why?: string;
}
