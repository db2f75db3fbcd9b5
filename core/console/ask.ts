/** The admin commands of the server that this page comes from. */
import { signal } from '@preact/signals';

/** What became of a question. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly body: T }
  /** The server answers, and says no: 200 is its word that something is not so just now. */
  | { readonly kind: 'refused'; readonly status: number; readonly words: string }
  /** Nobody answered in time. */
  | { readonly kind: 'silent' };

/** A name and a password of an administrator, as they were typed. */
export interface Login {
  readonly name: string;
  readonly password: string;
}

/** Who orders what this page orders; kept in memory alone, until the page is closed. */
export const administrator = signal<Login | undefined>(undefined);

const LONGEST_MS = 8_000;

/** Asks a command that only tells. Never rejects. */
export function ask<T>(
  command: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  return request('GET', command, query, {});
}

/** Gives an order, as the administrator of this page if there is one. Never rejects. */
export function order<T>(
  command: string,
  query: Readonly<Record<string, string>>,
): Promise<Answer<T>> {
  return request('POST', command, query, asAdministrator());
}

/** Asks a command of which an administrator is told more. Never rejects. */
export function askAs<T>(
  command: string,
  query: Readonly<Record<string, string>>,
): Promise<Answer<T>> {
  return request('GET', command, query, asAdministrator());
}

/** Whether the server knows an administrator of this name and password. Never rejects. */
export function tryLogin(login: Login): Promise<Answer<unknown>> {
  return request('GET', 'ruok', {}, headersOf(login));
}

function asAdministrator(): Readonly<Record<string, string>> {
  const login = administrator.peek();
  return login === undefined ? {} : headersOf(login);
}

function headersOf(login: Login): Readonly<Record<string, string>> {
  return { Authorization: `Basic ${basicOf(login)}` };
}

async function request<T>(
  method: 'GET' | 'POST',
  command: string,
  query: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<Answer<T>> {
  // Not as forms encode it, for whom a blank is a plus, which a server takes for a plus.
  const words = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const target = `/commands/${command}${words === '' ? '' : `?${words}`}`;
  try {
    // Without credentials of its own a browser shows no dialog for a 401: the page has one.
    const response = await fetch(target, {
      method,
      headers,
      credentials: 'omit',
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    return answerOf<T>(response.status, await response.text());
  } catch {
    return { kind: 'silent' };
  }
}

function answerOf<T>(status: number, text: string): Answer<T> {
  let body: { readonly error?: string | null } | undefined;
  try {
    body = JSON.parse(text) as { readonly error?: string | null };
  } catch {
    return { kind: 'refused', status, words: text.trim() };
  }
  const error = body?.error ?? undefined;
  if (status === 200 && error === undefined) return { kind: 'answered', body: body as T };
  return { kind: 'refused', status, words: error ?? text.trim() };
}

function basicOf({ name, password }: Login): string {
  const bytes = new TextEncoder().encode(`${name}:${password}`);
  return btoa(String.fromCharCode(...bytes));
}

/**
 * Does something now and then again and again while the page is seen, and at once when it is seen
 * again. @returns what ends it
 */
export function whileSeen(work: () => Promise<void>, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let isAtIt = false;
  const turn = async () => {
    clearTimeout(timer);
    if (isOver || isAtIt || document.hidden) return;
    isAtIt = true;
    await work();
    isAtIt = false;
    if (!isOver) timer = setTimeout(() => void turn(), everyMs);
  };
  const onSeen = () => void turn();
  document.addEventListener('visibilitychange', onSeen);
  void turn();
  return () => {
    isOver = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onSeen);
  };
}
