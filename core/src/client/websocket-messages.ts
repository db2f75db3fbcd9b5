/** Servers refuse messages of more than some MiB, so that nobody can fill their memory with one. */
const MESSAGE_BYTES = 1 << 20;

/** Sends bytes in WebSocket messages that every server takes: message boundaries mean nothing. */
export function sendInMessages<T extends ArrayBufferLike>(
  bytes: Uint8Array<T>,
  send: (message: Uint8Array<T>) => void,
): void {
  for (let at = 0; at < bytes.length; at += MESSAGE_BYTES) {
    send(bytes.subarray(at, at + MESSAGE_BYTES));
  }
}
