import { History, type Look, notableEvents } from '@vivarium/core/internal/admin/history';
import { renderJson } from '@vivarium/core/internal/admin/values';
import type { PeerView } from '@vivarium/core/internal/peer/view';
import * as assert from 'uvu/assert';
import { peerView } from '../../support/admin-context.js';
import { leaderView, learnerView } from '../../support/quorum-view.js';
import { suite } from '../../support/suite.js';

const START = 1_000_000;
const WALL = 1_795_000_000_000;

interface Answer {
  readonly began: number;
  readonly last_seq: number;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** What a console reads. */
function read(history: History, since = 0): Answer {
  return JSON.parse(renderJson(history.since(since)));
}

function column(answer: Answer, name: string): unknown[] {
  const at = answer.columns.indexOf(name);
  assert.ok(at >= 0, name);
  return answer.rows.map((row) => row[at]);
}

/** The server looked at `ticks` intervals after the start. */
function look(view: PeerView, ticks = 0): Look {
  const loop = { p50: 0.25, p99: 12.3456, max: 20 };
  return { view, now: START + ticks * 5_000, wall: WALL + ticks * 5_000, loop };
}

suite('the history of a server', (test) => {
  test('has a row for each look, with its number and its time', () => {
    const history = new History(WALL);
    history.sample(look(peerView()));
    history.sample(look(peerView(), 1));
    const answer = read(history);
    assert.equal(column(answer, 'seq'), [1, 2]);
    assert.equal(column(answer, 'unix_ms'), [WALL, WALL + 5_000]);
    assert.equal(column(answer, 'znodes'), [7, 7]);
    assert.equal(column(answer, 'role'), ['standalone', 'standalone']);
    assert.equal(column(answer, 'loop_p99_ms'), [12.346, 12.346]);
    for (const row of answer.rows) assert.is(row.length, answer.columns.length);
  });

  test('tells rates and latencies of the time between two looks, not of all time', () => {
    const history = new History(WALL);
    const view = peerView();
    history.sample(look(view));
    view.metrics.packetsReceived.add(50);
    view.metrics.packetsSent.add(100);
    for (const ms of [2, 2, 2, 90]) view.metrics.requestLatency.add(ms);
    view.metrics.fsyncTime.add(7);
    history.sample(look(view, 1));
    history.sample(look(view, 2));
    const answer = read(history);
    assert.equal(column(answer, 'received_per_second'), [null, 10, 0]);
    assert.equal(column(answer, 'sent_per_second'), [null, 20, 0]);
    assert.equal(column(answer, 'latency_p50_ms').slice(1), [2, null]);
    assert.equal(column(answer, 'latency_max_ms').slice(1), [90, null]);
    assert.equal(column(answer, 'fsync_max_ms'), [null, 7, null]);
  });

  test('keeps the largest latency of an interval that has more values than are remembered', () => {
    const history = new History(WALL);
    const view = peerView();
    history.sample(look(view));
    view.metrics.requestLatency.add(500);
    for (let i = 0; i < 5_000; i++) view.metrics.requestLatency.add(1);
    history.sample(look(view, 1));
    history.sample(look(view, 2));
    assert.equal(column(read(history), 'latency_max_ms').slice(1), [500, null]);
    assert.equal(column(read(history), 'latency_p99_ms').slice(1), [1, null]);
  });

  test('counts on from zero when the figures were reset between two looks', () => {
    const history = new History(WALL);
    const view = peerView();
    history.sample(look(view));
    for (const metric of Object.values(view.metrics)) metric.reset();
    view.metrics.packetsReceived.add(5);
    history.sample(look(view, 1));
    assert.equal(column(read(history), 'received_per_second'), [null, 1]);
  });

  test('gives only what is newer, and all to whoever has the numbers of another life', () => {
    const history = new History(WALL);
    for (let i = 0; i < 3; i++) history.sample(look(peerView(), i));
    history.note({ wall: WALL, kind: 'snapshot', message: 'a snapshot' });
    assert.equal(column(read(history, 2), 'seq'), [3]);
    assert.is(read(history, 2).events.length, 1);
    assert.is(read(history, 4).rows.length, 0);
    assert.is(read(history, 4).events.length, 0);
    assert.is(read(history, 5).rows.length, 3);
    assert.is(read(history).last_seq, 4);
  });

  test('keeps fifteen minutes and two hundred events, and little of a long message', () => {
    const history = new History(WALL);
    for (let i = 0; i < 500; i++) {
      history.sample(look(peerView(), i));
      history.note({ wall: WALL + i, kind: 'election', message: `${i} ${'x'.repeat(1_000)}` });
    }
    const { rows, events } = read(history);
    assert.is(rows.length, 180);
    assert.is(rows[0]![0], 2 * 321 - 1);
    assert.is(events.length, 200);
    assert.is(String(events[0]!.message).length, 240);
  });

  test('of a leader tells how far behind each follower is, and of an observer nothing', () => {
    const history = new History(WALL);
    const lastZxid = 0x1_0000_0014n;
    const learners = [
      learnerView({ serverId: 2, ackedZxid: lastZxid }),
      learnerView({ serverId: 3, ackedZxid: lastZxid - 4n }),
      learnerView({ serverId: 4, isObserver: true, ackedZxid: undefined }),
    ];
    history.sample(look(peerView({ lastZxid, quorum: leaderView({ learners: () => learners }) })));
    const answer = read(history);
    assert.equal(column(answer, 'lag'), [{ 2: 0, 3: 4, 4: null }]);
    assert.equal(column(answer, 'zxid'), ['0x100000014']);
    assert.equal(column(answer, 'epoch'), [1]);
  });

  test('knows the names of its columns and kinds once each', () => {
    const { columns } = read(new History(WALL));
    assert.is(new Set(columns).size, columns.length);
    assert.ok(Object.keys(notableEvents).every((event) => /^[a-z-]+\.[a-z-]+$/.test(event)));
  });
});
