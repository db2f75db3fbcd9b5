/** How far a member has come since it began to look for a leader, in ZooKeeper's words. */
export type ZabPhase = 'election' | 'discovery' | 'synchronization' | 'broadcast';

/** How a learner comes by its leader's history. */
export type SyncMode = 'diff' | 'trunc' | 'snap';

/** What a learner does next: see `Learner`. */
export type LearningStage =
  | 'dialing'
  | 'greeting'
  | 'accepting'
  | 'taking'
  | 'syncing'
  | 'acking'
  | 'synced'
  | 'serving'
  | 'over';

export const learningPhases: Readonly<Record<LearningStage, ZabPhase>> = {
  dialing: 'discovery',
  greeting: 'discovery',
  accepting: 'discovery',
  taking: 'synchronization',
  syncing: 'synchronization',
  acking: 'synchronization',
  synced: 'synchronization',
  serving: 'broadcast',
  over: 'election',
};

/** What a leader does next: see `Leader`. */
export type LeadingStage = 'discovery' | 'sync' | 'active' | 'over';

export const leadingPhases: Readonly<Record<LeadingStage, ZabPhase>> = {
  discovery: 'discovery',
  sync: 'synchronization',
  active: 'broadcast',
  over: 'election',
};
