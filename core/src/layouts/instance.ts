import { objectIn } from './stored-text.js';

/** An instance of a service, as Vivarium's recipes and Curator's service discovery write it. */
export interface ServiceInstance {
  readonly name: string;
  readonly id: string;
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly sslPort: number | undefined;
  /** Where it answers, with Curator's variables in braces. */
  readonly url: string | undefined;
  /** What its program adds; undefined for none. */
  readonly payload: unknown;
  /** Curator's mark of one that is not to be used just now. */
  readonly isEnabled: boolean;
  /** Ours writes no time of registration and no TLS port. */
  readonly library: 'vivarium' | 'curator';
}

/** Reads the JSON of an instance; undefined when it is not that. */
export function instanceIn(data: Uint8Array): ServiceInstance | undefined {
  const found = objectIn(data);
  if (found === undefined) return undefined;
  const { name, id, address, port, sslPort, payload, uriSpec, enabled } = found;
  if (typeof name !== 'string' || typeof id !== 'string') return undefined;
  // A name and an id has many a JSON; the rest of the fields is that of an instance.
  if (!('serviceType' in found) && !('registrationTimeUTC' in found)) return undefined;
  return {
    ...{ name, id, payload: payload ?? undefined },
    address: typeof address === 'string' ? address : undefined,
    port: typeof port === 'number' ? port : undefined,
    sslPort: typeof sslPort === 'number' ? sslPort : undefined,
    url: urlOf(uriSpec),
    isEnabled: enabled !== false,
    library: 'registrationTimeUTC' in found || 'sslPort' in found ? 'curator' : 'vivarium',
  };
}

function urlOf(uriSpec: unknown): string | undefined {
  const { parts } = (uriSpec ?? {}) as { readonly parts?: unknown };
  if (!Array.isArray(parts) || parts.length === 0) return undefined;
  const texts = parts.map((part: unknown) => {
    const { value, variable } = (part ?? {}) as Record<string, unknown>;
    return variable === true ? `{${String(value)}}` : String(value);
  });
  return texts.join('');
}
