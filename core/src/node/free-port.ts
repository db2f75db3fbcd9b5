import { createServer } from 'node:net';

/** Highest port of all. */
const LAST_PORT = 65_535;

/** Whether nobody listens to a port of an address. */
export function isFreePort(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/**
 * The first of `count` ports in a row, from `from` on, that nobody listens to; `undefined` when
 * there are none among the next `tried`.
 */
export async function findFreePorts(
  host: string,
  from: number,
  count: number,
  tried: number,
): Promise<number | undefined> {
  let first = from;
  for (let port = from; port < from + tried + count - 1 && port <= LAST_PORT; port++) {
    if (!(await isFreePort(host, port))) first = port + 1;
    else if (port - first === count - 1) return first;
  }
  return undefined;
}

/** Below those that systems give out by themselves, where a port may be taken at any moment. */
const ANY_FROM = 20_000;
const ANY_TO = 32_000;
const ATTEMPTS = 100;

/** Some `count` ports in a row that nobody listens to. @throws when none is found */
export async function anyFreePorts(host: string, count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const from = ANY_FROM + Math.floor(Math.random() * (ANY_TO - ANY_FROM));
    const first = await findFreePorts(host, from, count, 1);
    if (first !== undefined) return first;
  }
  throw new Error(`${host} has no ${count} ports in a row that are free`);
}
