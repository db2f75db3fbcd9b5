import type { Socket } from 'node:net';

/** Who is at the other end of a connection. */
export interface Remote {
  /** IP address as text, IPv4 as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** Who is at the other end of a socket; `undefined` when nobody is any more. */
export function remoteOf({ remoteAddress, remotePort }: Socket): Remote | undefined {
  if (remoteAddress === undefined) return undefined;
  return { address: plainAddress(remoteAddress), port: remotePort ?? 0 };
}

/** An IPv4 address as such, though the system may write it as one of IPv6. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
