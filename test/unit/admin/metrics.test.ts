import {
  advancedSummaries,
  counters,
  idleAdvancedSummaries,
  idleCounters,
  idleSummaries,
  summaries,
} from '@vivarium/core/internal/admin/metric-names';
import { monitorValues } from '@vivarium/core/internal/admin/monitor';
import { renderPrometheus } from '@vivarium/core/internal/admin/prometheus';
import { Double } from '@vivarium/core/internal/admin/values';
import * as assert from 'uvu/assert';
import { adminContext, downContext, peerView } from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';

suite('mntr', (test) => {
  test('has every key that monitoring tools read', () => {
    const values = monitorValues(adminContext());
    for (const key of [
      'version',
      'server_state',
      'avg_latency',
      'max_latency',
      'min_latency',
      'packets_received',
      'packets_sent',
      'num_alive_connections',
      'outstanding_requests',
      'znode_count',
      'watch_count',
      'ephemerals_count',
      'approximate_data_size',
      'open_file_descriptor_count',
      'max_file_descriptor_count',
      'global_sessions',
      'connection_drop_probability',
      'commit_count',
      'p999_updatelatency',
      'cnt_fsynctime',
    ]) {
      assert.ok(key in values, key);
    }
  });

  test('reports what was measured', () => {
    const view = peerView();
    view.metrics.commits.add(3);
    for (const ms of [1, 2, 3, 4]) view.metrics.updateLatency.add(ms);
    const values = monitorValues(adminContext(view));
    assert.is(values.commit_count, 3);
    assert.equal(values.avg_updatelatency, new Double(2.5));
    assert.is(values.min_updatelatency, 1);
    assert.is(values.max_updatelatency, 4);
    assert.is(values.cnt_updatelatency, 4);
    assert.is(values.sum_updatelatency, 10);
    assert.is(values.p99_updatelatency, 4);
    assert.is(values.last_client_response_size, 88);
  });

  test('means have at most four decimals and print as doubles', () => {
    const view = peerView();
    for (const ms of [0, 0, 1]) view.metrics.fsyncTime.add(ms);
    const values = monitorValues(adminContext(view));
    assert.is(String(values.avg_fsynctime), '0.3333');
    assert.is(String(values.avg_readlatency), '0.0');
    assert.is(String(values.connection_drop_probability), '0.0');
  });

  test('sizes of replies are -1 before the first reply', () => {
    const view = peerView();
    view.metrics.lastResponseBytes.reset();
    const values = monitorValues(adminContext(view));
    assert.is(values.last_client_response_size, -1);
    assert.is(values.max_client_response_size, -1);
  });

  test('without a server it still tells the version', () => {
    assert.equal(Object.keys(monitorValues(downContext())), ['version', 'server_state']);
  });

  test('no name stands in two lists', () => {
    const names = [
      ...Object.keys(counters),
      ...Object.keys(summaries),
      ...Object.keys(advancedSummaries),
      ...idleCounters,
      ...idleSummaries,
      ...idleAdvancedSummaries,
    ];
    assert.is(new Set(names).size, names.length);
  });
});

suite('the Prometheus page', (test) => {
  test("has ZooKeeper's names and shapes", () => {
    const view = peerView();
    for (const ms of [1, 2]) view.metrics.readLatency.add(ms);
    const text = renderPrometheus(adminContext(view));
    assert.match(
      text,
      '# HELP znode_count znode_count\n# TYPE znode_count gauge\nznode_count 7.0\n',
    );
    assert.match(text, '# TYPE commit_count counter\ncommit_count 0.0\n');
    assert.match(
      text,
      '# TYPE readlatency summary\nreadlatency{quantile="0.5",} 2.0\n' +
        'readlatency{quantile="0.9",} 2.0\nreadlatency{quantile="0.99",} 2.0\n' +
        'readlatency_count 2.0\nreadlatency_sum 3.0\n',
    );
    assert.match(text, 'fsynctime{quantile="0.5",} NaN\nfsynctime_count 0.0\nfsynctime_sum 0.0\n');
  });

  test('is well-formed: each family once, each line a comment or a sample', () => {
    const text = renderPrometheus(adminContext());
    assert.ok(text.endsWith('\n'));
    const types = new Map<string, number>();
    for (const line of text.trimEnd().split('\n')) {
      const type = /^# TYPE (\S+) (gauge|counter|summary)$/.exec(line);
      if (type !== null) types.set(type[1]!, (types.get(type[1]!) ?? 0) + 1);
      else if (!line.startsWith('# HELP ')) {
        assert.match(
          line,
          /^[a-z_0-9]+(\{(quantile="0\.\d+"|version="[\d.]+"),\})? (NaN|-?\d+\.\d+(E-?\d+)?)$/,
        );
      }
    }
    assert.ok(types.size > 130);
    for (const [name, count] of types) assert.is(count, 1, name);
  });

  test('tells of the process even without a server, and not what the system hides', () => {
    const down = downContext();
    const text = renderPrometheus({
      ...down,
      facts: { ...down.facts, openFileDescriptors: -1 },
    });
    assert.match(text, 'process_resident_memory_bytes 6.0E7\n');
    assert.not.match(text, 'process_open_fds');
    assert.not.match(text, 'znode_count');
  });
});
