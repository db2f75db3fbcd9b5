import type { Counter, MetricsRegistry, Summary, SummarySet } from '../peer/metrics.js';

/**
 * ZooKeeper's metric names, and where Vivarium's values for them come from. Dashboards and alarms
 * look for every name, so those that measure a part that Vivarium does not have (a
 * chain of threads, a cache), or does not measure yet, are reported too, as zero.
 *
 * @see ZooKeeper 3.9.5 ServerMetrics
 */
type Source<T> = (metrics: MetricsRegistry) => T;

/** Numbers that only grow. */
export const counters: Readonly<Record<string, Source<Counter>>> = {
  snapshot_error_count: (metrics) => metrics.snapshotErrors,
  commit_count: (metrics) => metrics.commits,
  connection_request_count: (metrics) => metrics.connectionRequests,
  connection_rejected: (metrics) => metrics.connectionRejected,
  bytes_received_count: (metrics) => metrics.bytesReceived,
  unrecoverable_error_count: (metrics) => metrics.unrecoverableErrors,
  connection_drop_count: (metrics) => metrics.connectionDrops,
  connection_revalidate_count: (metrics) => metrics.connectionRevalidations,
  sessionless_connections_expired: (metrics) => metrics.sessionlessConnectionsExpired,
  stale_sessions_expired: (metrics) => metrics.staleSessionsExpired,
  large_requests_rejected: (metrics) => metrics.largeRequestsRejected,
  digest_mismatches_count: (metrics) => metrics.digestMismatches,
  response_bytes: (metrics) => metrics.responseBytes,
  watch_bytes: (metrics) => metrics.watchBytes,
  looking_count: (metrics) => metrics.lookingCount,
  proposal_count: (metrics) => metrics.proposals,
  snap_count: (metrics) => metrics.snapSyncs,
  diff_count: (metrics) => metrics.diffSyncs,
  revalidate_count: (metrics) => metrics.revalidations,
  quit_leading_due_to_disloyal_voter: (metrics) => metrics.disloyalVoters,
  learner_proposal_received_count: (metrics) => metrics.proposalsReceived,
  learner_commit_received_count: (metrics) => metrics.commitsReceived,
};

/** Distributions reported by mean, least, greatest, count and sum. */
export const summaries: Readonly<Record<string, Source<Summary>>> = {
  fsynctime: (metrics) => metrics.fsyncTime,
  snapshottime: (metrics) => metrics.snapshotTime,
  node_created_watch_count: (metrics) => metrics.nodeCreatedWatches,
  node_deleted_watch_count: (metrics) => metrics.nodeDeletedWatches,
  node_changed_watch_count: (metrics) => metrics.nodeChangedWatches,
  node_children_watch_count: (metrics) => metrics.nodeChildrenWatches,
  sync_processor_batch_size: (metrics) => metrics.syncBatchSize,
  election_time: (metrics) => metrics.electionTime,
  unavailable_time: (metrics) => metrics.unavailableTime,
  leader_unavailable_time: (metrics) => metrics.leaderUnavailableTime,
  follower_sync_time: (metrics) => metrics.followerSyncTime,
  observer_sync_time: (metrics) => metrics.observerSyncTime,
  inflight_snap_count: (metrics) => metrics.snapSyncsInFlight,
  inflight_diff_count: (metrics) => metrics.diffSyncsInFlight,
};

/** Distributions reported with percentiles too. */
export const advancedSummaries: Readonly<Record<string, Source<Summary>>> = {
  readlatency: (metrics) => metrics.readLatency,
  updatelatency: (metrics) => metrics.updateLatency,
  propagation_latency: (metrics) => metrics.propagationLatency,
  proposal_latency: (metrics) => metrics.proposalLatency,
  proposal_ack_creation_latency: (metrics) => metrics.proposalAckCreationLatency,
  commit_propagation_latency: (metrics) => metrics.commitPropagationLatency,
  quorum_ack_latency: (metrics) => metrics.quorumAckLatency,
};

/** Such distributions, one for each server by its number; reported as soon as there is one. */
export const advancedSummarySets: Readonly<Record<string, Source<SummarySet>>> = {
  ack_latency: (metrics) => metrics.ackLatency,
};

/** Counters of parts that Vivarium does not have, or does not count yet. */
export const idleCounters: readonly string[] = [
  'snapshot_rate_limited_count',
  'restore_error_count',
  'restore_rate_limited_count',
  'add_dead_watcher_stall_time',
  'dead_watchers_queued',
  'dead_watchers_cleared',
  'response_packet_cache_hits',
  'response_packet_cache_misses',
  'response_packet_get_children_cache_hits',
  'response_packet_get_children_cache_misses',
  'ensemble_auth_success',
  'ensemble_auth_fail',
  'ensemble_auth_skip',
  'prep_processor_request_queued',
  'outstanding_changes_queued',
  'outstanding_changes_removed',
  'request_commit_queued',
  'throttled_ops',
  'sync_processor_request_queued',
  'stale_requests',
  'stale_requests_dropped',
  'stale_replies',
  'request_throttle_wait_count',
  'unsuccessful_handshake',
  'insecure_admin_count',
  'tls_handshake_exceeded',
  'cnxn_closed_without_zk_server_running',
  'skip_learner_request_to_next_processor_count',
  'requests_not_forwarded_to_commit_processor',
];

/** Summaries of such parts. */
export const idleSummaries: readonly string[] = [
  'restore_time',
  'dbinittime',
  'connection_token_deficit',
  'prep_processor_queue_size',
  'prep_process_time',
  'proposal_process_time',
  'requests_in_session_queue',
  'pending_session_queue_size',
  'reads_after_write_in_session_queue',
  'reads_issued_from_session_queue',
  'session_queues_drained',
  'time_waiting_empty_pool_in_commit_processor_read_ms',
  'write_batch_time_in_commit_processor',
  'concurrent_request_processing_in_commit_processor',
  'read_commit_proc_req_queued',
  'write_commit_proc_req_queued',
  'commit_commit_proc_req_queued',
  'read_commit_proc_issued',
  'write_commit_proc_issued',
  'commit_process_time',
  'startup_txns_loaded',
  'startup_txns_load_time',
  'startup_snap_load_time',
  'sync_processor_queue_size',
  'sync_process_time',
  'netty_queued_buffer_capacity',
  'learner_request_processor_queue_size',
  'socket_closing_time',
];

/** Summaries with percentiles of such parts. */
export const idleAdvancedSummaries: readonly string[] = [
  'dead_watchers_cleaner_latency',
  'prep_processor_queue_time_ms',
  'close_session_prep_time',
  'read_commitproc_time_ms',
  'write_commitproc_time_ms',
  'local_write_committed_time_ms',
  'server_write_committed_time_ms',
  'om_proposal_process_time_ms',
  'om_commit_process_time_ms',
  'read_final_proc_time_ms',
  'write_final_proc_time_ms',
  'sync_processor_queue_and_flush_time_ms',
  'sync_processor_queue_time_ms',
  'sync_processor_queue_flush_time_ms',
  'request_throttle_queue_time_ms',
  'jvm_pause_time_ms',
];
