import { type Codec, json } from '@vivarium/core';

/** JSON, and no bytes at all for undefined: a member that shows nothing. */
export function memberCodec<T>(): Codec<T> {
  const inner = json();
  return {
    name: 'json',
    encode: (value) => (value === undefined ? new Uint8Array(0) : inner.encode(value)),
    decode: (stored) => (stored.length === 0 ? undefined : inner.decode(stored)) as T,
  };
}
