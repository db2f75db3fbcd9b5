/**
 * Loaded before a server of Node's: names are looked up in the hosts file that `HOSTS_VARIABLE`
 * names, anew each time, as Java does with `jdk.net.hosts.file`. A name that is not in it has no
 * address.
 */
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

const file = process.env.VIVARIUM_TEST_HOSTS!;

type Callback = (
  error: NodeJS.ErrnoException | null,
  address?: string | readonly dns.LookupAddress[],
  family?: number,
) => void;

function addressOf(name: string): string | undefined {
  if (isIP(name) !== 0) return name;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [address, ...names] = line.trim().split(/\s+/);
    if (names.includes(name)) return address;
  }
  return undefined;
}

function lookup(name: string, options: unknown, callback?: Callback): void {
  const done = (callback ?? options) as Callback;
  const all = typeof options === 'object' && (options as dns.LookupOptions | null)?.all === true;
  const address = addressOf(name);
  process.nextTick(() => {
    if (address === undefined) {
      const error: NodeJS.ErrnoException = new Error(`getaddrinfo ENOTFOUND ${name}`);
      done(Object.assign(error, { code: 'ENOTFOUND', hostname: name }));
    } else if (all) done(null, [{ address, family: isIP(address) }]);
    else done(null, address, isIP(address));
  });
}

function lookupSoon(name: string, options: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lookup(name, options ?? {}, (error, address, family) => {
      if (error !== null) reject(error);
      else resolve(Array.isArray(address) ? address : { address, family });
    });
  });
}

Object.assign(dns, { lookup });
Object.assign(dns.promises, { lookup: lookupSoon });
syncBuiltinESMExports();
