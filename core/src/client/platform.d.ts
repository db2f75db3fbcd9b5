import type { ClientHost } from './client-host.js';

/** The host of the platform the client runs on; `#host` in package.json chooses the file. */
export declare const clientHost: ClientHost;
