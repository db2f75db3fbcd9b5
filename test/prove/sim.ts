/** Whether all properties hold in simulated lives of ensembles, many of them. */
import { worldMarks } from '../sim/marks.js';
import { proofByLives } from './simulated-lives.js';

export const prove = proofByLives({
  name: 'sim',
  what:
    'Every property of the protocol, of the sessions, of the watches and of the recipes holds in ' +
    'simulated lives of one to seven servers, their clients, disks and networks, with faults.',
  focus: 'requests',
  full: { short: 15_000, medium: 300 },
  // Ends within two minutes on two cores.
  short: { short: 300, medium: 0 },
  marks: worldMarks,
});
