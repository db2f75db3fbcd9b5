import type { AsyncContext } from './async-context.js';

/**
 * The async context of the platform, undefined where there is none; `#context` in package.json
 * chooses the file.
 */
export declare const asyncContext: AsyncContext | undefined;
