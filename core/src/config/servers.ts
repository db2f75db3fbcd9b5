import { javaHost } from './java-forms.js';

/**
 * One `server.N` line: `host:quorumPort:electionPort[:role][|…][;[clientHost:]clientPort]`. Several
 * addresses of one server stand between bars.
 *
 * @see ZooKeeper 3.9 QuorumPeer.QuorumServer
 */
export interface ServerSpec {
  readonly serverId: number;
  readonly addresses: readonly ServerAddress[];
  readonly role: 'participant' | 'observer';
  readonly client?: ClientAddress;
}

export interface ServerAddress {
  /** IPv6 addresses without their brackets. */
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
}

export interface ClientAddress {
  /** All addresses of the machine when not given. */
  readonly host?: string;
  readonly port: number;
}

/** How a `server.N` line may look, for error messages. */
export const SERVER_FORM =
  'host:quorumPort:electionPort[:participant|observer][|host:quorumPort:electionPort …]' +
  '[;[clientHost:]clientPort]';

/** Reads the number and the value of a `server.N` key, or says what is wrong with them. */
export function readServer(key: string, value: string): ServerSpec | { readonly wrong: string } {
  const id = /^server\.(\d{1,3})$/.exec(key)?.[1];
  if (id === undefined || Number(id) > 255) return { wrong: 'the number must be 0 to 255' };
  const [servers, client, ...more] = value.split(';').map((part) => part.trim());
  if (more.length > 0) {
    return { wrong: 'the third part asks for a TLS port, which this version does not have' };
  }
  const addresses: ServerAddress[] = [];
  const roles: ServerSpec['role'][] = [];
  for (const part of servers!.split('|')) {
    const [host, quorum, election, role, ...rest] = fields(part.trim());
    const ports = [quorum, election].map((port) => portOf(port));
    if (host === undefined || host === '' || ports.includes(undefined) || rest.length > 0) {
      return { wrong: `${part.trim() === '' ? 'an address' : part.trim()} is not of the form` };
    }
    const [quorumPort, electionPort] = ports as [number, number];
    if (quorumPort === electionPort || quorumPort === 0 || electionPort === 0) {
      return { wrong: 'the quorum and the election need two different ports from 1 to 65535' };
    }
    addresses.push({ host, quorumPort, electionPort });
    const known = (['participant', 'observer'] as const).find((one) => one === role?.toLowerCase());
    if (role !== undefined && known === undefined) return { wrong: `${role} is no role` };
    if (known !== undefined) roles.push(known);
  }
  if (roles.some((role) => role !== roles[0])) return { wrong: 'its addresses differ in the role' };
  const spec = { serverId: Number(id), addresses, role: roles[0] ?? 'participant' } as const;
  if (client === undefined || client === '') return spec;
  const parts = fields(client);
  const port = portOf(parts.at(-1));
  if (port === undefined || parts.length > 2) return { wrong: `${client} is no client address` };
  const host = parts.length === 2 ? parts[0]! : undefined;
  return { ...spec, client: host === undefined || host === '' ? { port } : { host, port } };
}

/**
 * The value of a `server.N` line, in the form that ZooKeeper writes: with the role, several
 * addresses in the order of their hosts, and literal addresses written out.
 */
export function writeServer(spec: ServerSpec): string {
  const addresses = spec.addresses
    .map((address) => ({ ...address, host: javaHost(address.host) }))
    .sort((a, b) => (a.host < b.host ? -1 : Number(a.host > b.host)))
    .map(({ host, quorumPort, electionPort }) => `${bracketed(host)}:${quorumPort}:${electionPort}`)
    .join('|');
  const client =
    spec.client === undefined
      ? ''
      : `;${bracketed(javaHost(spec.client.host ?? '0.0.0.0'))}:${spec.client.port}`;
  return `${addresses}:${spec.role}${client}`;
}

/** Splits at colons, but not inside brackets; the brackets themselves go. */
function fields(text: string): string[] {
  const found: string[] = [];
  const form = /\[([^\]]*)\](?=:|$)|[^:]*/y;
  for (let at = 0; at <= text.length; at++) {
    form.lastIndex = at;
    const match = form.exec(text)!;
    found.push(match[1] ?? match[0]);
    at += match[0].length;
  }
  return found;
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
