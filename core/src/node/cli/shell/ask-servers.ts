import { connect } from 'node:net';
import { parseConnectString, serverName } from '../../../client/connect-string.js';

const ANSWER_LIMIT_BYTES = 4 * 1024 * 1024;

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

/** What a server answers to a four-letter word; `undefined` when it does not. */
export function askServer(
  { host, port }: WordServer,
  word: string,
  limitMs: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    let failed = false;
    const socket = connect({ host, port }, () => socket.write(word));
    const stop = () => {
      failed = true;
      socket.destroy();
    };
    const limit = setTimeout(stop, limitMs);
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.length > ANSWER_LIMIT_BYTES) stop();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(limit);
      resolve(failed || text === '' ? undefined : text);
    });
  });
}
