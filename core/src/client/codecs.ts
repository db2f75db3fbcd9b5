/** How values become the bytes of a node, and back. */
export interface Codec<T> {
  readonly name: string;
  /** @throws when the value cannot be written */
  encode(value: T): Uint8Array;
  /** @throws when the bytes do not make a value; null data comes as empty bytes */
  decode(bytes: Uint8Array): T;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes as they are. */
export const bytes: Codec<Uint8Array> = {
  name: 'bytes',
  encode: (value) => value,
  decode: (stored) => stored,
};

/** Text in UTF-8; other bytes are refused. */
export const text: Codec<string> = {
  name: 'text',
  encode: (value) => encoder.encode(value),
  decode: (stored) => decoder.decode(stored),
};

/** A validator in the Standard Schema form, which zod, valibot, arktype and others share. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): SchemaResult<T> | PromiseLike<SchemaResult<T>>;
  };
}

export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/**
 * JSON in UTF-8, checked by a schema when one is given, both when written and when read: a schema
 * that changes values must take its own results. Schemas that answer later cannot be used: values
 * and their order would part.
 */
export function json<T = unknown>(schema?: StandardSchema<T>): Codec<T> {
  return {
    name: 'json',
    encode(value) {
      const checked = schema === undefined ? value : validated(schema, value);
      const written = JSON.stringify(checked) as string | undefined;
      if (written === undefined) throw new TypeError(`JSON has no form for ${typeof value}`);
      return encoder.encode(written);
    },
    decode(stored) {
      const value: unknown = JSON.parse(decoder.decode(stored));
      return schema === undefined ? (value as T) : validated(schema, value);
    },
  };
}

function validated<T>(schema: StandardSchema<T>, value: unknown): T {
  const result = schema['~standard'].validate(value);
  if ('then' in result)
    throw new TypeError('a schema that validates asynchronously cannot be used');
  if (result.issues !== undefined) {
    throw new TypeError(result.issues.map(({ message }) => message).join('; '));
  }
  return result.value;
}
