/** What a new connection speaks, told from its first bytes; decided once. */
export type Protocol =
  | { readonly type: 'jute' }
  /** HTTP/1.1, which also carries the WebSocket upgrade. */
  | { readonly type: 'http' }
  | { readonly type: 'four-letter-word'; readonly word: string }
  /** Telnet's farewell, answered by closing. */
  | { readonly type: 'telnet-interrupt' }
  /** A TLS record; refused until the server speaks TLS. */
  | { readonly type: 'tls' };

/** Bytes that decide. */
export const SNIFF_LENGTH = 4;

const HTTP_METHODS = ['GET ', 'POST', 'HEAD', 'PUT ', 'DELE', 'OPTI', 'PATC', 'CONN', 'TRAC'];

/**
 * Tells the protocol of a connection, or `undefined` while fewer than four bytes are known.
 *
 * A jute stream begins with the length of a connect request, 44 or 45 and in any case below
 * `jute.maxbuffer`, so its first byte is 0 unless the limit was raised beyond 16 MiB. A
 * four-letter word is any of `words`; unknown letters are jute with an absurd length, which the
 * framing refuses.
 */
export function sniff(first: Uint8Array, words: ReadonlySet<string>): Protocol | undefined {
  if (first.length >= 1 && first[0] === 0) return { type: 'jute' };
  if (first.length < SNIFF_LENGTH) return undefined;
  if (first[0] === 0x16 && first[1] === 0x03) return { type: 'tls' };
  if (first[0] === 0xff && first[1] === 0xf4 && first[2] === 0xff && first[3] === 0xfd) {
    return { type: 'telnet-interrupt' };
  }
  const text = String.fromCharCode(first[0]!, first[1]!, first[2]!, first[3]!);
  if (words.has(text)) return { type: 'four-letter-word', word: text };
  if (HTTP_METHODS.includes(text)) return { type: 'http' };
  return { type: 'jute' };
}
