import type { Codec } from '@vivarium/core';

/** One running instance of a service: where it is, and what else others should know of it. */
export interface Instance<M = unknown> {
  /** Name of the service. */
  readonly name: string;
  /** Name of the instance, which no other one of the service has. */
  readonly id: string;
  /** Host name or IP address; undefined when `url` says it all. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** Where it answers, if that is more than an address and a port. */
  readonly url: string | undefined;
  /** Whatever the program adds: a version, a zone, a load. JSON. */
  readonly meta: M | undefined;
}

/** The JSON of an instance's node, by the field names of Curator's service discovery. */
interface InstanceJson {
  readonly name?: unknown;
  readonly id?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly payload?: unknown;
  readonly serviceType?: unknown;
  readonly uriSpec?: { readonly parts?: readonly UriPart[] } | null;
}

interface UriPart {
  readonly value?: unknown;
  readonly variable?: unknown;
}

/** Reads and writes instances as Curator's `ServiceDiscovery` does, without type annotations. */
export function instanceCodec<M>(): Codec<Instance<M>> {
  return {
    name: 'instance',
    encode(instance) {
      const { name, id, address, port, url, meta } = instance;
      const uriSpec = url === undefined ? null : { parts: [{ value: url, variable: false }] };
      const fields = { name, id, address, port, payload: meta, serviceType: 'DYNAMIC', uriSpec };
      return new TextEncoder().encode(JSON.stringify(fields));
    },
    decode(data) {
      const found = JSON.parse(new TextDecoder().decode(data)) as InstanceJson | null;
      const { name, id, address, port, payload, uriSpec } = found ?? {};
      if (typeof name !== 'string' || typeof id !== 'string') {
        throw new TypeError('an instance of a service has a name and an id');
      }
      return {
        name,
        id,
        address: typeof address === 'string' ? address : undefined,
        port: Number.isInteger(port) ? (port as number) : undefined,
        url: urlOf(uriSpec?.parts),
        meta: (payload ?? undefined) as M | undefined,
      };
    },
  };
}

/** A template with variables is Curator's own, and no address yet. */
function urlOf(parts: readonly UriPart[] | undefined): string | undefined {
  if (parts === undefined || parts.length === 0) return undefined;
  const isPlain = parts.every(({ value, variable }) => typeof value === 'string' && !variable);
  return isPlain ? parts.map(({ value }) => value as string).join('') : undefined;
}
