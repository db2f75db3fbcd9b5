/** The situations of {@link marks} that recipes get into. */
export const recipeMarks = {
  // Whatever one alone may hold.
  'hold-lost': 'a hold was lost in the middle of its use, with its session or by the clock',
  'held-by-the-next': 'somebody held what another had lost and not yet given back',
  'guard-refused': 'a guarded write of one who held no more was refused',
  requeued: 'a request outlived its session, and was granted in the next',
  adopted: 'a node was found again whose creation was not answered',
  shared: 'several held the same lock to read',
  downgraded: 'one who wrote went on as a reader',
  upgraded: 'one who read came to write',

  // Election.
  deposed: 'a candidate that led was told that it leads no more',
  'leads-on': 'a leader that was suspended went on in the same term',
  'led-again': 'work that had lost its term was begun again in another',

  // Permits, groups, barriers.
  'permits-all-out': 'several had all the permits that there are',
  'limit-changed': 'the number of permits was changed',
  'member-again': 'a member came back by itself',
  'cohort-passed': 'a cohort passed a double barrier',
  'cohort-broken': 'a cohort was broken',
  'barrier-given-up': 'somebody gave up waiting at a double barrier',

  // Values.
  'change-not-answered': 'a change of a value was made and not answered',
  'change-came-late': 'a change of a value was refused, since another had come before it',
  'change-in-doubt': 'nobody could tell what came of a change',

  // Jobs and partitions.
  'job-again': 'a job was delivered again',
  'job-lost': 'a job could not be confirmed by one who had lost it',
  'job-in-doubt': 'nobody could tell what came of a job',
  'partition-revoked': 'a partition was given up for another member',
} as const;
