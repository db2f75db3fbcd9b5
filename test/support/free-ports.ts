import { createServer } from 'node:net';

/** Below those that systems give out by themselves, above those of services. */
const FIRST = 20_000;
const LAST = 32_000;

/** Ports of 127.0.0.1 that nobody listens to, and that no outgoing connection is given. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
