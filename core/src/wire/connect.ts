import type { Reader } from './reader.js';
import { ConnectRequest, ConnectResponse } from './records.js';
import type { Writer } from './writer.js';

/**
 * The two frames of the handshake. They carry no header, and each may end with a `readOnly` byte
 * that clients before 3.4 do not send and must then not receive.
 */
export interface Handshake extends ConnectRequest {
  /** Whether a read-only server will do; `undefined` when the client sent no such byte. */
  readonly readOnly: boolean | undefined;
}

export interface HandshakeReply extends ConnectResponse {
  /** Whether the server is read-only; `undefined` leaves the byte out. */
  readonly readOnly: boolean | undefined;
}

export function readConnectRequest(from: Reader): Handshake {
  const request = ConnectRequest.read(from);
  return { ...request, readOnly: from.remaining > 0 ? from.boolean() : undefined };
}

export function writeConnectRequest(to: Writer, request: Handshake): void {
  ConnectRequest.write(to, request);
  if (request.readOnly !== undefined) to.boolean(request.readOnly);
}

export function readConnectResponse(from: Reader): HandshakeReply {
  const response = ConnectResponse.read(from);
  return { ...response, readOnly: from.remaining > 0 ? from.boolean() : undefined };
}

export function writeConnectResponse(to: Writer, response: HandshakeReply): void {
  ConnectResponse.write(to, response);
  if (response.readOnly !== undefined) to.boolean(response.readOnly);
}

/** Length of a session password on the wire. */
export const PASSWORD_LENGTH = 16;
