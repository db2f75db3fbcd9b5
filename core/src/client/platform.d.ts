import type { ClientHost } from './client-host.js';

/** The host of the platform the client runs on; `#host` in package.json chooses the file. */
export declare const clientHost: ClientHost;

/**
 * Calls `run` outside of the async context that led to this call, where the platform has such
 * contexts: what is called by the world belongs to nobody's.
 */
export declare const outside: (run: () => void) => void;
