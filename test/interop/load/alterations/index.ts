/** Every property that the black-box judges hold, and alterations that go against it. */
import type { Alter } from './copy.js';
import * as answers from './of-answers.js';
import * as logs from './of-logs.js';

export const alterations: Readonly<Record<string, readonly Alter[]>> = {
  C1: [answers.refused, answers.done, answers.lateWrite],
  C2: [answers.exchanged, answers.before],
  C3: [answers.backwards],
  C4: [answers.invented, answers.outdated],
  C6: [answers.staleSync],
  C7: [answers.otherVersion, logs.loggedVersion],
  C8: [answers.otherPart],
  C9: [answers.otherStat],
  C10: [answers.otherNumber, logs.loggedNumber],
  C13: [logs.lostEnd, logs.lostNode],
  E1: [logs.madeAfterEnd],
  E2: [logs.otherEnd, logs.leftBehind],
  E3: [answers.hidden],
  R1: [logs.otherMeaning],
  R2: [logs.hole],
  R3: [logs.otherTree],
  R10: [logs.skipped],
  S5: [logs.sameSession, answers.turnedAway],
  S7: [logs.otherTimeout],
};
