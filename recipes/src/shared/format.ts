import { type Codec, json, type StandardSchema, ZkError } from '@vivarium/core';

/** The codec of a format: JSON where a schema is given. */
export function codecOf<T>(format: StandardSchema<T> | Codec<T>): Codec<T> {
  return '~standard' in format ? json(format) : format;
}

/** @throws ZkError BAD_ARGUMENTS, with what the codec says, when it refuses the value */
export function encoded<T>(path: string, codec: Codec<T>, value: T): Uint8Array {
  try {
    return codec.encode(value);
  } catch (cause) {
    const reason = `the codec ${codec.name} refuses the value: ${String(cause)}`;
    throw new ZkError('BAD_ARGUMENTS', { path, reason, cause });
  }
}
