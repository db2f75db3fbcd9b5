/** Where the reader is: the part of the address behind `#`, which no server is ever sent. */
import { signal } from '@preact/signals';

/** Every page of the console, in the order of the navigation. */
export const pages = ['tree', 'recipes', 'ensemble', 'sessions', 'time'] as const;
export type PageName = (typeof pages)[number];
/** Pages that look at one znode. */
const withPath: ReadonlySet<PageName> = new Set(['tree', 'recipes', 'time']);

export interface Route {
  readonly page: PageName;
  /** The znode that is looked at; `/` where a page has none. */
  readonly path: string;
  /** What else the page keeps in its address: an open tab, the form of the data. */
  readonly query: Readonly<Record<string, string>>;
}

/** The route of the address, now and after every change. */
export const route = signal<Route>(parseRoute(location.hash));

/** Begins to follow the browser's own back and forward. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    route.value = parseRoute(location.hash);
  });
}

/** Goes to a route; what is left out stays, but for the query when the path is another. */
export function go(to: Partial<Route>, how: 'push' | 'replace' = 'push'): void {
  const now = route.value;
  const next = { ...now, ...to };
  const hash = hashOf(next);
  if (hash === location.hash) return;
  if (how === 'push') history.pushState(null, '', hash);
  else history.replaceState(null, '', hash);
  route.value = next;
}

/** Changes one word of the query in place; the default is not written. */
export function goQuery(name: string, value: string | undefined): void {
  const { [name]: _, ...rest } = route.value.query;
  go({ query: value === undefined ? rest : { ...rest, [name]: value } }, 'replace');
}

/** The address of a session, the owner of what it is linked from. */
export function hashOfSession(id: string): string {
  return hashOf({ page: 'sessions', path: '/', query: { id } });
}

/** The address of a node in the tree. */
export function hashOfNode(path: string): string {
  return hashOf({ page: 'tree', path, query: {} });
}

/** The address of a route. */
export function hashOf({ page, path, query }: Route): string {
  const parts = path.split('/').map(encodeURIComponent).join('/');
  const words = new URLSearchParams(query).toString();
  return `#/${page}${withPath.has(page) ? parts : ''}${words === '' ? '' : `?${words}`}`;
}

/** The route that an address names; the root of the tree when it names none. */
function parseRoute(hash: string): Route {
  const mark = hash.indexOf('?');
  const place = mark < 0 ? hash.slice(1) : hash.slice(1, mark);
  const query = Object.fromEntries(new URLSearchParams(mark < 0 ? '' : hash.slice(mark + 1)));
  const [, first = '', ...rest] = place.split('/');
  const page = pages.find((name) => name === first) ?? 'tree';
  const path = `/${rest.map(decoded).join('/')}`.replace(/(?<=.)\/+$/, '');
  return { page, path: withPath.has(page) ? path : '/', query };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
