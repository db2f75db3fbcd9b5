/** What is said of sessions, in words. */
import { countText, plural, spanText } from '../format.js';

/** A timeout, which may be a fraction of a second. */
export function timeText(ms: number): string {
  return ms % 1000 === 0 ? spanText(ms) : `${countText(ms)} ms`;
}

/** How long ago a client was heard; the server rounds to its tick. */
export function heardText(ms: number): string {
  return ms < 1000 ? 'just now' : `${spanText(ms)} ago`;
}

/** `3 ephemeral nodes`. */
export function ephemeralsText(count: number): string {
  return plural(count, 'ephemeral node', 'ephemeral nodes');
}
