import type { EngineMeasured, EnginePort, StageName } from '../engine.ts';
import type { Shape } from '../shape.ts';
import type { SeededPath } from '../topology/path.ts';

/**
 * A request to the switch, one JSON object per line on its stdin. Each is answered by a line on its stdout with the
 * same number: `{ id }`, or `{ id, measured }`, or `{ id, why }` if it failed.
 */
export type SwitchRequest = { readonly id: number } & (
  | ({ readonly do: 'add' } & EnginePort)
  | { readonly do: 'address'; readonly link: number; readonly address: string | null }
  | {
      readonly do: 'shape';
      readonly link: number;
      readonly stage: StageName;
      readonly shape: Shape;
    }
  /** Replaces the paths between ports. */
  | { readonly do: 'paths'; readonly paths: readonly SeededPath[] }
  /** Lets its NAT forget all mappings. */
  | { readonly do: 'reset-nat'; readonly link: number }
  /** Records its packets in a new file. */
  | { readonly do: 'record'; readonly link: number; readonly file: string }
  | { readonly do: 'measure' }
  /** Is answered if the switch works. */
  | { readonly do: 'ping' }
);

export interface SwitchReply {
  readonly id: number;
  readonly measured?: EngineMeasured;
  readonly why?: string;
}
