/** First bytes of a connection that is no client's: the port speaks other protocols too. */
import { Buffer } from 'node:buffer';
import type { Random } from '../back-to-back/random.js';

const WORDS = ['ruok', 'stat', 'mntr', 'cons', 'dump', 'wchc', 'kill', 'stmk', 'zzzz', 'ruo'];
const TARGETS = [
  '/',
  '/commands',
  '/commands/stats',
  '/commands/../../etc/passwd',
  '/metrics',
  '/health',
  `/${'x'.repeat(20_000)}`,
  '/%00',
  'http://127.0.0.1/',
  '*',
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'PRI', 'get', 'G'];
const HOSTS = ['127.0.0.1', 'localhost', 'evil.example', '', '127.0.0.1:99999', '[::1', '\u0001'];

/** Random bytes, words, HTTP right and wrong, WebSocket upgrades with rubbish behind them. */
export function strangeHello(random: Random): Uint8Array {
  return random.weighted<() => Uint8Array>([
    [3, () => random.bytes(1 + random.below(100))],
    [2, () => Buffer.from(random.pick(WORDS))],
    [1, () => Buffer.from(`${random.pick(WORDS)}${random.pick(WORDS)}\n`)],
    [4, () => Buffer.from(request(random, []))],
    [2, () => spoilt(random, Buffer.from(request(random, upgrade(random))))],
    [2, () => Buffer.concat([Buffer.from(request(random, upgrade(random))), frames(random)])],
    [1, () => Buffer.from(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(random.below(3000))}`)],
    [1, () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, ...random.bytes(100)])], // TLS
  ])();
}

function request(random: Random, headers: readonly string[]): string {
  const version = random.pick(['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '']);
  const first = `${random.pick(METHODS)} ${random.pick(TARGETS)} ${version}`;
  const length = random.chance(0.2) ? [`Content-Length: ${random.pick(['5', '-1', '1e9'])}`] : [];
  const chunked = random.chance(0.1) ? ['Transfer-Encoding: chunked'] : [];
  const all = [first, `Host: ${random.pick(HOSTS)}`, ...headers, ...length, ...chunked];
  return `${all.join('\r\n')}\r\n\r\n`;
}

function upgrade(random: Random): readonly string[] {
  return [
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Version: ${random.pick(['13', '13', '13', '8', 'x'])}`,
    `Sec-WebSocket-Key: ${Buffer.from(random.bytes(16)).toString('base64')}`,
    ...(random.chance(0.5) ? [`Origin: ${random.pick(['http://127.0.0.1', 'null', 'x'])}`] : []),
    ...(random.chance(0.3) ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []),
  ];
}

/** Things that look like WebSocket frames: unmasked, too long, fragments, controls, rubbish. */
function frames(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let left = 1 + random.below(5); left > 0; left--) {
    const opcode = random.pick([0, 1, 2, 2, 8, 9, 10, 3, 15]);
    const first = (random.chance(0.8) ? 0x80 : 0) | (random.chance(0.1) ? 0x40 : 0) | opcode;
    const length = random.pick([0, 5, 125, 126, 127]);
    const masked = random.chance(0.8) ? 0x80 : 0;
    parts.push(Buffer.from([first, masked | length]), Buffer.from(random.bytes(random.below(140))));
  }
  return Buffer.concat(parts);
}

function spoilt(random: Random, bytes: Buffer): Buffer {
  for (let left = 1 + random.below(4); left > 0; left--) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return bytes;
}
