/** What a participant's process tells the play. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'says'; readonly text: string }
  | { readonly type: 'notes'; readonly kind: string; readonly value: unknown }
  | { readonly type: 'certain'; readonly sample: Sample }
  | { readonly type: 'uncertain'; readonly hold: number }
  | { readonly type: 'server'; readonly port: number }
  | { readonly type: 'failed'; readonly story: string };

/** One moment at which a participant was certain to hold something. */
export interface Sample {
  /** Counts the holds of this participant. */
  readonly hold: number;
  readonly what: string;
  readonly weight: number;
  /** By the clock that all processes of this machine share, nanoseconds. */
  readonly at: bigint;
}

/** What the play tells a participant's process. */
export type Order = { readonly type: 'cue'; readonly name: string } | { readonly type: 'leave' };

/** What stands on the command line of a participant's process. */
export interface Part {
  readonly example: string;
  readonly role: string;
  readonly name: string;
  readonly connectString: string;
  readonly words: readonly string[];
}
