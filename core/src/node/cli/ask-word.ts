import { connect } from 'node:net';

const LIMIT_MS = 1_000;

/** What a server of this machine answers to a four-letter word; an empty text when it does not. */
export function askWord(port: number, word: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(word));
    socket.setEncoding('utf8').setTimeout(LIMIT_MS, () => socket.destroy());
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
