/** How far a member has come since it began to look for a leader, in ZooKeeper's words. */
export type ZabPhase = 'election' | 'discovery' | 'synchronization' | 'broadcast';

/** How a learner comes by its leader's history. */
export type SyncMode = 'diff' | 'trunc' | 'snap';
