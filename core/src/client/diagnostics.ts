/**
 * What a client tells tools that observe it, and by which names. A host that can carry it further,
 * such as Node's through `node:diagnostics_channel`, has a {@link Diagnostics}.
 */
import type { ZkError } from './errors.js';

/** One request, from when it is given to the session until it is settled; the fields grow. */
export interface RequestTrace {
  readonly operation: string;
  readonly path: string | undefined;
  readonly requestBytes: number;
  server: string | undefined;
  session: bigint | undefined;
  outcome: 'ok' | 'refused' | 'unknown' | 'aborted' | undefined;
  zxid: bigint | undefined;
  responseBytes: number | undefined;
  error: ZkError | undefined;
}

export interface SessionNews {
  readonly type: 'began' | 'ended' | 'state';
  readonly session: bigint | undefined;
  readonly timeoutMs: number | undefined;
  readonly state: string | undefined;
  readonly detail: string | undefined;
  readonly server: string | undefined;
}

export interface WatchNews {
  readonly event: string;
  readonly path: string;
  readonly zxid: bigint;
}

export interface ConnectionNews {
  readonly type: 'opening' | 'opened' | 'closed';
  readonly server: string;
  readonly attempt: number;
  readonly purpose: 'session' | 'scout';
  readonly reason: string | undefined;
}

/** A channel on which messages are published. */
export interface NewsChannel<M> {
  /** Messages are made only when somebody listens. */
  readonly hasSubscribers: boolean;
  publish(message: M): void;
}

/** A channel that follows an operation from its beginning to its end. */
export interface TraceChannel<M> {
  readonly hasSubscribers: boolean;
  /** Tells of the beginning, and runs what begins it, within the stores that are bound to it. */
  begin(trace: M, run: () => void): void;
  /** Tells of the end; of an error, if the trace has one, first. */
  settled(trace: M): void;
}

export interface Diagnostics {
  readonly request: TraceChannel<RequestTrace>;
  readonly session: NewsChannel<SessionNews>;
  readonly watch: NewsChannel<WatchNews>;
  readonly connection: NewsChannel<ConnectionNews>;
}

interface ChannelRow {
  /** Of Node's channel; a tracing channel has five, `tracing:NAME:start` and so on. */
  readonly name: string;
  readonly kind: 'tracing' | 'plain';
  readonly doc: string;
  readonly fields: Readonly<Record<string, string>>;
}

type Fields<M> = { readonly [K in keyof M]-?: string };
type Row<M> = ChannelRow & { readonly fields: Fields<M> };

/** Every channel, and every field of its messages. */
export const diagnosticChannels: {
  readonly request: Row<RequestTrace>;
  readonly session: Row<SessionNews>;
  readonly watch: Row<WatchNews>;
  readonly connection: Row<ConnectionNews>;
} = {
  request: {
    name: 'vivarium:request',
    kind: 'tracing',
    doc: 'One request of the program, of a recipe or of a stream. `start` when it is called, `end` right after, `asyncStart` and `asyncEnd` when it is settled, `error` before these when it failed; all with the same object, whose fields are filled in.',
    fields: {
      operation: 'its name, as in the [operations](operations.md)',
      path: 'inside the chroot; empty for those without one, such as `multi`',
      requestBytes: 'of its body',
      server: 'that the client was with when it was settled',
      session: 'id of the session at that time',
      outcome: '`ok`, `refused` (nothing happened), `unknown`, or `aborted` by its caller',
      zxid: 'of the answer; empty without one',
      responseBytes: "of the answer's body",
      error: 'the `ZkError`; empty when there is none. That `exists` found nothing is no error',
    },
  },
  session: {
    name: 'vivarium:session',
    kind: 'plain',
    doc: 'The life of a session, and of the client.',
    fields: {
      type: '`began`, `ended`, or `state` for each new state',
      session: 'id of the session; empty before the first',
      timeoutMs: 'as negotiated; with `began` alone',
      state: 'as in `zk.state.type`; with `state` alone',
      detail: 'as in `zk.state.detail`',
      server: 'as in `zk.state.server`',
    },
  },
  watch: {
    name: 'vivarium:watch',
    kind: 'plain',
    doc: 'Each watch event as it arrives, before anybody is told.',
    fields: {
      event: 'its type, such as `nodeDataChanged`',
      path: 'inside the chroot',
      zxid: 'of the change; -1 when the server does not say',
    },
  },
  connection: {
    name: 'vivarium:connection',
    kind: 'plain',
    doc: 'Each attempt to reach a server.',
    fields: {
      type: '`opening`, `opened` (bytes can be sent) or `closed`, by whichever side; also when it never opened',
      server: 'its address',
      attempt: 'counts those of the client; negative for a scout',
      purpose: '`session`, or `scout`: a look for a server that takes writes',
      reason: 'why it is closed',
    },
  },
};
