/** What the comparison does to a server, in terms that both servers share. */

/** Resolves what differs between servers: zxids that a request carries. */
export interface LaneView {
  /** The server's last zxid as replies told it. */
  readonly lastZxid: bigint;
  /** A zxid `back` transactions before the last. */
  zxidBefore(back: number): bigint;
}

/** One request of a burst. */
export interface Request {
  readonly xid: number;
  readonly code: number;
  /** For people: what is sent. */
  readonly label: string;
  readonly body: Uint8Array | ((lane: LaneView) => Uint8Array);
  /** What the request asks for, for the bookkeeping of coverage; absent when it is malformed. */
  readonly about?: About;
}

/** What a well-formed request is about. */
export interface About {
  readonly path?: string;
  readonly watch?: 'data' | 'exists' | 'child' | 'persistent' | 'recursive';
  readonly remove?: number;
  readonly setWatches?: SetWatchesLists;
  readonly multi?: readonly { readonly code: number; readonly path: string }[];
}

export interface SetWatchesLists {
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent: readonly string[];
  readonly recursive: readonly string[];
}

export type Step =
  | {
      readonly type: 'connect';
      readonly connection: number;
      /** Number of a session of this run, or a new one. */
      readonly session: number | 'new';
      readonly password: 'right' | 'wrong' | 'short' | 'null';
      readonly timeoutMs: number;
      readonly lastZxid: 'none' | 'current' | 'future';
      readonly readOnly: boolean | undefined;
    }
  /** A burst of requests written at once. */
  | { readonly type: 'send'; readonly connection: number; readonly requests: readonly Request[] }
  /** Bytes that are not a request. */
  | {
      readonly type: 'raw';
      readonly connection: number;
      readonly bytes: Uint8Array;
      readonly label: string;
    }
  /** The client's socket vanishes. */
  | { readonly type: 'drop'; readonly connection: number };

/** A step in words, for reports. */
export function describe(step: Step): string {
  switch (step.type) {
    case 'connect':
      return `#${step.connection} connects: session ${step.session}, password ${step.password}, timeout ${step.timeoutMs}, lastZxid ${step.lastZxid}, readOnly ${step.readOnly}`;
    case 'send':
      return `#${step.connection} sends ${step.requests.map((r) => `[${r.xid}] ${r.label}`).join(' | ')}`;
    case 'raw':
      return `#${step.connection} sends bytes: ${step.label}`;
    case 'drop':
      return `#${step.connection} drops its socket`;
  }
}
