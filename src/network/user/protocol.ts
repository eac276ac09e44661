import type { Shape } from '../shape.ts';
import type { PortCounts } from './port.ts';

/**
 * A request to the switch, one JSON object per line on its stdin. Each is answered by a line on its stdout with the
 * same number: `{ id }`, or `{ id, counts }`, or `{ id, why }` if it failed.
 */
export type SwitchRequest = { readonly id: number } & (
  | {
      readonly do: 'add';
      readonly link: number;
      readonly mac: string;
      readonly farMac: string;
      readonly seed: number;
    }
  | { readonly do: 'address'; readonly link: number; readonly address: string | null }
  | {
      readonly do: 'shape';
      readonly link: number;
      readonly direction: 'egress' | 'ingress';
      readonly shape: Shape;
    }
  | { readonly do: 'count'; readonly link: number }
);

export interface SwitchReply {
  readonly id: number;
  readonly counts?: Readonly<PortCounts>;
  readonly why?: string;
}
