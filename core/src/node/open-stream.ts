import type { ServerAddress, Transport, TransportEvents } from '../client/client-host.js';
import { openTcp } from './tcp-transport.js';
import { openWebSocket } from './websocket-transport.js';

/** Opens a byte stream to a server by whatever protocol its address names. */
export function openStream(server: ServerAddress, events: TransportEvents): Transport {
  return server.protocol === 'tcp' ? openTcp(server, events) : openWebSocket(server, events);
}
