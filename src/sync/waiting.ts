/** What a client waits for, for telling people where a run stands. */
export type Waiting =
  | {
      readonly kind: 'barrier';
      readonly state: string;
      /** Undefined where only the client knows it: old SDKs poll the count. */
      readonly target: number | undefined;
      readonly count: number;
    }
  | { readonly kind: 'topic'; readonly topic: string };
