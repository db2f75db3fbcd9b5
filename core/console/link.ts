/** The page's one connection, and what is known of it. */
import { signal } from '@preact/signals';
import type { Client, ClientState } from '@vivarium/core';
import { connect } from '@vivarium/core';

/** Who serves this page; see `/console/about`. */
export interface About {
  readonly kind: 'server' | 'relay';
  readonly servers: readonly string[];
  readonly version: string;
}

/**
 * Why there is no connection, as far as can be told: nobody answers at all, or the server answers
 * and takes no clients, or it is about to.
 */
export type Trouble = 'unreachable' | 'no-quorum' | 'refused' | 'soon';

/** The client, once it has had its first session. */
export const client = signal<Client | undefined>(undefined);
/** Where it stands; undefined before its first session. */
export const state = signal<ClientState | undefined>(undefined);
export const about = signal<About | undefined>(undefined);
/** While not connected. */
export const trouble = signal<Trouble | undefined>(undefined);
/** What the last connection ended with, in the words of whoever ended it. */
export const lastWords = signal('');
/** The wall clock, each second while the page is seen. */
export const now = signal(Date.now());
/** Since when there is no connection, by the wall clock. */
export const awaySince = signal<number | undefined>(Date.now());

/** No answer that a server gives is larger: lists of millions of names have to come through. */
const MAX_FRAME_BYTES = 256 * 1_048_576;
const FOR_EVER_MS = 0x7fff_ffff;
const ASK_EVERY_MS = 2_000;

/** Connects, and keeps the signals above true from then on. */
export async function startLink(): Promise<void> {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 1_000);
  void askAbout();
  void watchTrouble();
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const port = location.port || (scheme === 'wss' ? '443' : '80');
  const zk = await connect(`${scheme}://${location.hostname}:${port}`, {
    sessionTimeoutMs: 30_000,
    connectTimeoutMs: FOR_EVER_MS,
    maxFrameBytes: MAX_FRAME_BYTES,
    readOnly: true,
    log: ({ event, message }) => {
      if (event === 'session.cut') lastWords.value = message;
    },
  });
  zk.state$.subscribe((next) => {
    state.value = next;
    if (next.type === 'connected') awaySince.value = undefined;
    else awaySince.value ??= Date.now();
  });
  client.value = zk;
  // The session ends with the page where the browser lets it say so.
  addEventListener('pagehide', (event) => {
    if (!event.persisted) void zk.close();
  });
}

/** Whether requests are answered just now. */
export function isConnected(): boolean {
  return state.value?.type === 'connected';
}

async function askAbout(): Promise<void> {
  while (about.peek() === undefined) {
    const answer = await fetch('/console/about').catch(() => undefined);
    if (answer?.ok === true) about.value = (await answer.json()) as About;
    else await pause();
  }
}

/** Finds out, while there is no connection, what the server says of itself. */
async function watchTrouble(): Promise<never> {
  for (;;) {
    if (awaySince.peek() === undefined) trouble.value = undefined;
    else if (!document.hidden) trouble.value = await troubleNow();
    await pause();
  }
}

async function troubleNow(): Promise<Trouble> {
  const isRelay = about.peek()?.kind === 'relay';
  const answer = await fetch(isRelay ? '/console/about' : '/ready').catch(() => undefined);
  if (answer === undefined) return 'unreachable';
  if (answer.status === 503) return 'no-quorum';
  return answer.ok ? 'soon' : 'refused';
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
}
