/** Whether the recipes keep what they promise in simulated lives of ensembles, many of them. */
import { recipeMarks } from '../sim/recipe-marks.js';
import { proofByLives } from './simulated-lives.js';

export const prove = proofByLives({
  name: 'recipes-sim',
  what:
    'In simulated lives of ensembles, with faults, no two are certain of what one alone may hold, ' +
    'nothing is written with an old token, permits, barriers, values and jobs are right, and ' +
    'whoever waits goes on when all is well again.',
  focus: 'recipes',
  full: { short: 5_000, medium: 0 },
  // Ends within half a minute on two cores.
  short: { short: 60, medium: 0 },
  marks: recipeMarks,
});
