import type { Codec } from './codecs.js';

/** What a codec makes of a node's bytes. */
export type Decoded<T> =
  | { readonly kind: 'present'; readonly data: T }
  | { readonly kind: 'invalid'; readonly bytes: Uint8Array; readonly error: unknown };

/** Decodes the data of a node; without a codec the bytes are the value, and null is empty. */
export function decodedBy<T>(codec: Codec<T> | undefined, stored: Uint8Array | null): Decoded<T> {
  const bytes = stored ?? NOTHING;
  try {
    const data = codec === undefined ? (bytes as T) : codec.decode(bytes);
    return { kind: 'present', data };
  } catch (error) {
    return { kind: 'invalid', bytes, error };
  }
}

const NOTHING = new Uint8Array(0);
