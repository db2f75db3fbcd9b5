import { pathProblem } from '../base/path.js';
import type { ClientHost, ServerAddress } from './client-host.js';
import { ZkError } from './errors.js';

const DEFAULT_PORT = 2181;
const SECURE_PORT = 443;

/** What a connect string names. */
export interface Destination {
  readonly servers: readonly ServerAddress[];
  /** Prefix of all paths; empty for none. */
  readonly chroot: string;
}

/**
 * Reads `host:port,host:port/chroot`, where each server may also be `tcp://…`, `ws://…`, `wss://…`
 * or `memory://…`, and an IPv6 address stands in brackets. In a list of WebSocket URLs a path
 * belongs to its URL; there the chroot is given as `#/chroot` at the end.
 *
 * @param operation who asks, for the error
 * @throws ZkError `BAD_ARGUMENTS`, saying what is wrong where
 */
export function parseConnectString(
  connectString: string | readonly string[],
  operation = 'connect',
): Destination {
  const given = Array.isArray(connectString) ? connectString.join(',') : connectString;
  const refuse = (what: string): never => {
    const reason = `connect string "${given}": ${what}`;
    throw new ZkError('BAD_ARGUMENTS', { operation, reason });
  };
  if (typeof given !== 'string') return refuse(`it is ${typeof given}, not text`);
  const { servers: list, chroot } = splitChroot(given.trim());
  if (chroot !== '') {
    const problem = pathProblem(chroot);
    if (problem !== undefined) refuse(`the chroot ${chroot} is not a path: ${problem}`);
  }
  const servers = list.split(',').map((part) => {
    const server = part.trim();
    if (server === '') return refuse('a server is missing; give host:port,host:port/chroot');
    return addressOf(server) ?? refuse(`"${server}" is not host:port or a tcp, ws or wss URL`);
  });
  return { servers, chroot: chroot === '/' ? '' : chroot };
}

function splitChroot(given: string): { servers: string; chroot: string } {
  const hash = given.indexOf('#');
  if (hash >= 0) return { servers: given.slice(0, hash), chroot: given.slice(hash + 1) };
  const comma = given.lastIndexOf(',') + 1;
  const last = given.slice(comma);
  if (/^\s*wss?:\/\//i.test(last)) return { servers: given, chroot: '' };
  const scheme = /^\s*[a-z]+:\/\//i.exec(last)?.[0].length ?? 0;
  const slash = given.indexOf('/', firstPlainSlash(given, comma, scheme));
  if (slash < 0) return { servers: given, chroot: '' };
  return { servers: given.slice(0, slash), chroot: given.slice(slash) };
}

/** Where to look for the chroot: the first slash begins it, as a path may hold commas. */
function firstPlainSlash(given: string, lastStart: number, schemeLength: number): number {
  return given.includes('://') ? lastStart + schemeLength : 0;
}

function addressOf(server: string): ServerAddress | undefined {
  const scheme = /^([a-z]+):\/\/(.*)$/i.exec(server);
  const protocol = scheme?.[1]?.toLowerCase() ?? 'tcp';
  const rest = scheme?.[2] ?? server;
  switch (protocol) {
    case 'tcp':
    case 'memory':
      return hostAndPort(protocol, rest, DEFAULT_PORT, '/');
    case 'ws':
    case 'wss': {
      const slash = rest.search(/[/?]/);
      const authority = slash < 0 ? rest : rest.slice(0, slash);
      const resource = slash < 0 ? '/' : rest.slice(slash);
      const port = protocol === 'ws' ? DEFAULT_PORT : SECURE_PORT;
      return hostAndPort(protocol, authority, port, resource);
    }
    default:
      return undefined;
  }
}

function hostAndPort(
  protocol: ServerAddress['protocol'],
  text: string,
  defaultPort: number,
  resource: string,
): ServerAddress | undefined {
  const match = /^(?:\[([0-9a-f:.]+(?:%[\w.]+)?)\]|([^\s:/[\]@#]+))(?::(\d{1,5}))?$/i.exec(text);
  if (match === null) return undefined;
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > 65_535) return undefined;
  return { protocol, host: (match[1] ?? match[2])!, port, resource };
}

/**
 * Checks that a host speaks the protocol of every server.
 *
 * @throws ZkError `BAD_ARGUMENTS`
 */
export function checkProtocols(
  { servers }: Destination,
  { protocols }: Pick<ClientHost, 'protocols'>,
  operation = 'connect',
): void {
  const foreign = servers.find(({ protocol }) => protocols?.includes(protocol) === false);
  if (foreign === undefined) return;
  const reason = `${serverName(foreign)} cannot be reached from here, only ${protocols!.join(', ')}`;
  throw new ZkError('BAD_ARGUMENTS', { operation, reason });
}

/** The address as one writes it. */
export function serverName({ protocol, host, port, resource }: ServerAddress): string {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (protocol === 'tcp') return authority;
  return `${protocol}://${authority}${resource === '/' ? '' : resource}`;
}
