/**
 * The host globals that deterministic code may name. Everything else that a host offers (timers,
 * sockets, clocks, randomness) is a compile error in the pure project: see `base/host.ts`.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
