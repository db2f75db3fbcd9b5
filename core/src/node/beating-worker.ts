/** The thread that keeps connections alive while the program's event loop stands still. */
import { parentPort } from 'node:worker_threads';
import { PingRelay } from '../session/ping-relay.js';
import type { BeatingNews, BeatingOrder } from './beating-transport.js';
import { openStream } from './open-stream.js';
import { now, writePing } from './ping-words.js';

parentPort?.on('message', serve);

/** Carries one connection, with pings where the program is silent. */
function serve({ server, maxStallMs, words, port }: BeatingOrder): void {
  const relay = new PingRelay(maxStallMs);
  const tell = (news: BeatingNews) => port.postMessage(news);
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  const transport = openStream(server, {
    opened: () => tell({ type: 'opened' }),
    received(chunk) {
      for (const piece of relay.received(chunk, now())) {
        const bytes = piece.slice();
        port.postMessage({ type: 'received', bytes } satisfies BeatingNews, [bytes.buffer]);
      }
      if (relay.answered !== undefined) writePing(words, relay.answered);
      arm();
    },
    closed(reason) {
      tell({ type: 'closed', reason });
      end();
    },
  });

  /** One timer serves; it may fire early and then only looks again. */
  function arm(): void {
    if (relay.wakeAt >= timerAt) return;
    clearTimeout(timer);
    timerAt = relay.wakeAt;
    timer = setTimeout(beat, Math.max(1, Math.ceil(timerAt - now())));
  }

  function beat(): void {
    timerAt = Number.POSITIVE_INFINITY;
    const ping = relay.beat(now());
    if (ping !== undefined) transport.send(ping);
    arm();
  }

  function end(): void {
    clearTimeout(timer);
    port.close();
  }

  port.on('message', (bytes: Uint8Array | null) => {
    if (bytes === null) {
      transport.close();
      end();
      return;
    }
    relay.sent(bytes, now());
    transport.send(bytes);
    arm();
  });
}
