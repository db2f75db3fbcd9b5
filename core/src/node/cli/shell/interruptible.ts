import type { CallOptions, Client } from '../../../client/api.js';

/** Where the options stand among the arguments of each request. */
const OPTIONS_AT = {
  create: 2,
  ensure: 1,
  get: 1,
  getData: 1,
  set: 2,
  delete: 1,
  exists: 1,
  children: 1,
  getAcl: 1,
  setAcl: 2,
  sync: 1,
  multi: 1,
  multiRead: 1,
  getEphemerals: 1,
  allChildrenNumber: 1,
  whoAmI: 0,
  addAuth: 1,
  reconfigure: 1,
  addWatch: 2,
  removeWatches: 2,
} as const satisfies Partial<Record<keyof Client, number>>;

/**
 * The same client, whose requests end with a signal: what one command asks ends when the command
 * does.
 */
export function interruptible(client: Client, signal: AbortSignal): Client {
  const methods = Object.entries(OPTIONS_AT).map(([name, at]) => {
    const method = client[name as keyof typeof OPTIONS_AT] as (...args: unknown[]) => unknown;
    const value = (...args: unknown[]) => {
      args[at] = { ...(args[at] as CallOptions | undefined), signal };
      return method(...args);
    };
    return [name, { value, enumerable: true }] as const;
  });
  return Object.create(client, Object.fromEntries(methods)) as Client;
}
