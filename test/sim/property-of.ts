import { Violation } from './violation.js';

/** The property that a judge finds violated, or `nothing`. */
export function propertyOf(judge: () => void): string {
  try {
    judge();
    return 'nothing';
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return error.property;
  }
}
