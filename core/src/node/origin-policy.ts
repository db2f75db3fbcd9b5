import { isIP } from 'node:net';

/** Who may address this server by HTTP and WebSocket: three options of the config. */
export interface OriginRules {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowLoopbackOrigins: boolean;
}

/** The two headers that a browser sets and no page can change. */
export interface OriginHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/**
 * Says why a request is refused, in words for the person who runs the server, or `undefined` when
 * it may go on.
 *
 * Without the check of Host, a page of anybody could point its own name at this address and be
 * "the same origin". Without the check of Origin, any page could open a WebSocket, which browsers
 * let pass. Who sends no Origin is no browser page, and free to send any Host.
 */
export function originProblem(headers: OriginHeaders, rules: OriginRules): string | undefined {
  const { host, origin } = headers;
  if (host === undefined) {
    return origin === undefined ? undefined : 'The request names its origin and no host.';
  }
  const target = splitAuthority(host);
  if (target === undefined) return `The Host header ${quoted(host)} cannot be understood.`;
  if (!isKnownHost(target, rules.allowedHosts)) {
    return (
      `This server is not known under the name ${quoted(target.name)}. ` +
      `If it should be: vivarium.allowedHosts=${cut(target.name)}`
    );
  }
  if (origin === undefined || isKnownOrigin(origin, target, rules)) return undefined;
  return (
    `Pages of ${quoted(origin)} may not use this server. ` +
    `If they should: vivarium.allowedOrigins=${origin === 'null' ? 'the origin' : cut(origin)}`
  );
}

interface Authority {
  /** Lower case; IPv6 addresses without their brackets. */
  readonly name: string;
  /** Empty when not given. */
  readonly port: string;
}

/** Parts of `name`, `name:port`, `[v6]` or `[v6]:port`. */
function splitAuthority(text: string): Authority | undefined {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?$/.exec(text.toLowerCase());
  if (parts === null) return undefined;
  return { name: parts[1] ?? parts[2]!, port: parts[3] ?? '' };
}

function isKnownHost({ name, port }: Authority, allowed: readonly string[]): boolean {
  if (name === 'localhost' || isIP(name) !== 0) return true;
  return allowed.some((entry) => {
    const [wanted, wantedPort] = entry.toLowerCase().split(':');
    if (wantedPort !== undefined && wantedPort !== port) return false;
    return wanted!.startsWith('*.') ? name.endsWith(wanted!.slice(1)) : name === wanted;
  });
}

function isKnownOrigin(origin: string, target: Authority, rules: OriginRules): boolean {
  const wanted = origin.toLowerCase();
  if (rules.allowedOrigins.some((one) => one.toLowerCase() === wanted)) return true;
  const scheme = /^(https?):\/\//.exec(wanted);
  if (scheme === null) return false;
  const page = splitAuthority(wanted.slice(scheme[0].length));
  if (page === undefined) return false;
  const usualPort = scheme[1] === 'https' ? '443' : '80';
  const samePort = (page.port || usualPort) === (target.port || usualPort);
  if (page.name === target.name && samePort) return true;
  return rules.allowLoopbackOrigins && isLoopback(page.name);
}

function isLoopback(name: string): boolean {
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

function quoted(text: string): string {
  return JSON.stringify(cut(text));
}

/** No real name is longer; what a stranger sends is not repeated without end. */
function cut(text: string): string {
  return text.slice(0, 260);
}
