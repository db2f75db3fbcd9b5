import type { ClientHost } from './client-host.js';
import { checkProtocols, parseConnectString } from './connect-string.js';
import type { Driver } from './driver.js';
import { ZkError } from './errors.js';
import type { KnownServers } from './known-servers.js';

const OPERATION = 'updateServers';

/** Makes `updateServers`; see `Client` for what it promises. */
export function serverListOver(
  driver: Driver,
  servers: KnownServers,
  host: ClientHost,
  chroot: string,
): (connectString: string | readonly string[]) => void {
  return (connectString) => {
    const given = parseConnectString(connectString, OPERATION);
    checkProtocols(given, host, OPERATION);
    if (given.chroot !== '' && given.chroot !== chroot) {
      const own = chroot === '' ? 'has none' : `is ${chroot}`;
      const reason = `the chroot of this client ${own} and stays so: leave out ${given.chroot}, or connect anew`;
      throw new ZkError('BAD_ARGUMENTS', { operation: OPERATION, reason });
    }
    driver.submit({ type: 'servers', servers: servers.numbersOf(given.servers) });
  };
}
