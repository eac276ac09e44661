import type { NetworkMeasured } from '../measured.ts';
import type { Shape } from '../shape.ts';
import type { SwitchPath } from './path-table.ts';
import type { StageName, SwitchNat } from './port.ts';

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
      readonly group: string;
      readonly labels: readonly string[];
      readonly nat?: SwitchNat | undefined;
      readonly seed: readonly number[];
    }
  | { readonly do: 'address'; readonly link: number; readonly address: string | null }
  | {
      readonly do: 'shape';
      readonly link: number;
      readonly stage: StageName;
      readonly shape: Shape;
    }
  /** Replaces the paths between ports. */
  | { readonly do: 'paths'; readonly paths: readonly SwitchPath[] }
  /** Records its packets in a new file. */
  | { readonly do: 'record'; readonly link: number; readonly file: string }
  | { readonly do: 'measure' }
);

export interface SwitchReply {
  readonly id: number;
  /** Links are given by the index of their device. */
  readonly measured?: NetworkMeasured<{ readonly link: number }>;
  readonly why?: string;
}
