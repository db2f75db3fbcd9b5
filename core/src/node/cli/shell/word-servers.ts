import { parseConnectString, serverName } from '../../../client/connect-string.js';

/** A server of a connect string, for four-letter words. */
export interface WordServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** The servers that a connect string names. @throws ZkError `BAD_ARGUMENTS` */
export function serversOf(connectString: string): readonly WordServer[] {
  const { servers } = parseConnectString(connectString);
  return servers.map((server) => ({
    name: serverName(server),
    host: server.host,
    port: server.port,
  }));
}
