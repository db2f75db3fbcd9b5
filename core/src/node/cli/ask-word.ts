import { connect } from 'node:net';

const LIMIT_MS = 1_000;
const ANSWER_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * What a server answers to a four-letter word; `undefined` when it does not, within a second unless
 * told otherwise.
 */
export function askWord(
  { host = '127.0.0.1', port }: { readonly host?: string; readonly port: number },
  word: string,
  limitMs = LIMIT_MS,
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
