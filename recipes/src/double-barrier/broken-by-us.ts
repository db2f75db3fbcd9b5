import { RecipeError } from '../errors.js';

/** What those are told whose own session or node is lost inside. */
export function brokenByUs(path: string, member: string): RecipeError {
  const reason = `we are lost ourselves, our session or our node (${member})`;
  return new RecipeError('BROKEN_BARRIER', path, { reason });
}
