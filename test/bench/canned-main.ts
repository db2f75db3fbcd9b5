/**
 * A server that knows only one answer: what the load can reach when the server costs almost
 * nothing. Prints its port, and lives until it is told to end.
 */
import { createServer } from 'node:net';

const REPLY_BYTES = 88;

const server = createServer({ noDelay: true }, (socket) => {
  let ready = false;
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const xids: number[] = [];
    let at = 0;
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readInt32BE(at);
      if (end > bytes.length) break;
      if (ready) xids.push(bytes.readInt32BE(at + 4));
      else {
        ready = true;
        const hello = Buffer.alloc(41);
        hello.writeInt32BE(37, 0);
        hello.writeInt32BE(30_000, 8);
        hello.writeInt32BE(16, 20);
        socket.write(hello);
      }
      at = end;
    }
    rest = bytes.subarray(at);
    if (xids.length === 0) return;
    const replies = Buffer.alloc(xids.length * (REPLY_BYTES + 4));
    for (const [index, xid] of xids.entries()) {
      replies.writeInt32BE(REPLY_BYTES, index * (REPLY_BYTES + 4));
      replies.writeInt32BE(xid, index * (REPLY_BYTES + 4) + 4);
    }
    socket.write(replies);
  });
  socket.on('end', () => socket.end());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`);
});
