import { channel, tracingChannel } from 'node:diagnostics_channel';
import { type Client, connect, isZkError } from '@vivarium/core';
import { diagnosticChannels } from '@vivarium/core/internal/client/diagnostics';
import { clientHost } from '@vivarium/core/internal/node/client-host';
import * as assert from 'uvu/assert';
import { FaultyHost } from '../../compliance/faulty-host.js';
import { errorOf, record } from '../../compliance/observe.js';
import { openServer } from '../../compliance/server.js';
import { suite, type TestContext } from '../../support/suite.js';

type Message = Readonly<Record<string, unknown>>;
type Name = keyof typeof diagnosticChannels;

/** Everything said on a plain channel while the test runs; each message has just its fields. */
function heardOn(t: TestContext, name: Exclude<Name, 'request'>): Message[] {
  const row = diagnosticChannels[name];
  const heard: Message[] = [];
  const listen = (message: unknown) => {
    assert.equal(Object.keys(message as object).sort(), Object.keys(row.fields).sort());
    heard.push(message as Message);
  };
  channel(row.name).subscribe(listen);
  t.cleanup(() => channel(row.name).unsubscribe(listen));
  return heard;
}

/** What was said of requests: the phase and a copy of the trace. */
function traced(t: TestContext): (Message & { readonly phase: string })[] {
  const { name, fields } = diagnosticChannels.request;
  const heard: (Message & { readonly phase: string })[] = [];
  const phase = (phase: string) => (trace: unknown) => {
    assert.equal(Object.keys(trace as object).sort(), Object.keys(fields).sort());
    heard.push({ ...(trace as Message), phase });
  };
  const listeners = {
    start: phase('start'),
    end: phase('end'),
    asyncStart: phase('asyncStart'),
    asyncEnd: phase('asyncEnd'),
    error: phase('error'),
  };
  const tracing = tracingChannel<unknown, object>(name);
  tracing.subscribe(listeners);
  t.cleanup(() => tracing.unsubscribe(listeners));
  return heard;
}

async function scene(t: TestContext, chroot = '') {
  const server = await openServer(({ connectString }) => connectString);
  t.cleanup(() => server.stop?.());
  const faults = new ObservedFaults(clientHost);
  const client = async (path = ''): Promise<Client> => {
    const zk = await connect(`${server.connectString}${path}`, { host: faults, graceMs: 0 });
    t.cleanup(() => zk.close());
    return zk;
  };
  if (chroot !== '') {
    const zk = await client();
    await zk.create(chroot);
    await zk.close();
  }
  return { zk: await client(chroot), faults };
}

/** Connections that break, and Node's channels. */
class ObservedFaults extends FaultyHost {
  readonly diagnostics = clientHost.diagnostics!;
}

suite('the channels of a client', (test) => {
  test('follow a request from its call to its answer, by its path in the chroot', async (t) => {
    const { zk } = await scene(t, '/app');
    const heard = traced(t);
    const { stat } = await zk.create('/a', 'hello');
    assert.equal(
      heard.map(({ phase }) => phase),
      ['start', 'end', 'asyncStart', 'asyncEnd'],
    );
    const [start] = heard;
    assert.equal([start!.operation, start!.path, start!.outcome], ['create2', '/a', undefined]);
    const last = heard.at(-1)!;
    assert.equal(
      [last.operation, last.path, last.outcome, last.zxid, last.error],
      ['create2', '/a', 'ok', stat.czxid, undefined],
    );
    assert.equal([last.session, last.server], [zk.session!.id, zk.state.server]);
    assert.ok((last.requestBytes as number) > 10 && (last.responseBytes as number) > 60);
  });

  test('tell of errors with their outcome, and of what is none', async (t) => {
    const { zk, faults } = await scene(t);
    const heard = traced(t);
    const settled = () => {
      const phases = heard.map(({ phase }) => phase).slice(2);
      const { outcome, error } = heard.at(-1)!;
      heard.length = 0;
      return [phases.join(' '), outcome, (error as Error | undefined)?.name];
    };
    const failed = 'error asyncStart asyncEnd';
    await errorOf(zk.delete('/none'));
    assert.equal(settled(), [failed, 'refused', 'NO_NODE']);
    assert.is(await zk.exists('/none'), undefined);
    assert.equal(settled(), ['asyncStart asyncEnd', 'ok', undefined]);
    await errorOf(zk.multi([{ op: 'check', path: '/none', version: 0 }]));
    assert.is(heard.at(-1)!.path, undefined);
    heard.length = 0;
    faults.deaf = true;
    const writing = errorOf(zk.set('/', 'x'));
    await new Promise<void>((resolve) => zk.clock.setTimer(50, resolve));
    faults.deaf = false;
    faults.cut();
    assert.ok(isZkError(await writing, 'CONNECTION_LOSS'));
    assert.equal(settled(), [failed, 'unknown', 'CONNECTION_LOSS']);
    await zk.sync();
    heard.length = 0;
    faults.deaf = true;
    const aborting = new AbortController();
    const reading = errorOf(zk.get('/', { signal: aborting.signal }));
    aborting.abort(new Error('enough'));
    await reading;
    assert.equal(settled(), ['asyncStart asyncEnd', 'aborted', undefined]);
    faults.deaf = false;
    faults.cut();
    await zk.sync();
    assert.equal(
      heard.filter(({ operation }) => operation === 'getData'),
      [],
      'settled once',
    );
  });

  test('follow what streams read and take away, each by itself', async (t) => {
    const { zk } = await scene(t);
    const heard = traced(t);
    const streams = ['/', '/zookeeper'].map((path) => record(t, zk.node$(path)));
    for (const stream of streams) await stream.until(() => true);
    for (const stream of streams) stream.unsubscribe();
    await zk.sync();
    const ends = heard.filter(({ phase }) => phase === 'asyncEnd');
    assert.equal(
      ends.map(({ operation, path }) => `${String(operation)} ${String(path)}`),
      ['getData /', 'getData /zookeeper', 'removeWatches /', 'removeWatches /zookeeper', 'sync /'],
    );
  });

  test('tell of sessions, connections and watches', async (t) => {
    const [sessions, connections] = [heardOn(t, 'session'), heardOn(t, 'connection')];
    const watches = heardOn(t, 'watch');
    const { zk, faults } = await scene(t);
    const { id } = zk.session!;
    const { server } = zk.state;
    await zk.exists('/w', { watch: () => {} });
    const { stat } = await zk.create('/w');
    assert.equal(watches, [{ event: 'nodeCreated', path: '/w', zxid: stat.czxid }]);
    faults.cut();
    await zk.sync();
    await zk.close();
    assert.equal(
      sessions.map(({ type, state, detail, session }) => [type, state, detail, session]),
      [
        ['state', 'connecting', undefined, undefined],
        ['began', undefined, undefined, id],
        ['state', 'connected', undefined, id],
        ['state', 'not-connected', 'suspended', id],
        ['state', 'connected', undefined, id],
        ['ended', undefined, undefined, id],
        ['state', 'closed', undefined, id],
      ],
    );
    assert.ok((sessions[1]!.timeoutMs as number) > 0);
    assert.equal(
      connections.map(({ type, attempt, reason }) => [type, attempt, reason]),
      [
        ['opening', 1, undefined],
        ['opened', 1, undefined],
        ['closed', 1, 'cut by the test'],
        ['opening', 2, undefined],
        ['opened', 2, undefined],
        ['closed', 2, 'the client is done with it'],
      ],
    );
    assert.ok(connections.every((news) => news.server === server && news.purpose === 'session'));
  });

  test('make nothing when nobody listens, and follow no request from its middle', async (t) => {
    const { zk } = await scene(t);
    const { diagnostics } = clientHost;
    assert.not(Object.values(diagnostics!).some(({ hasSubscribers }) => hasSubscribers));
    const asked = zk.exists('/');
    const heard = traced(t);
    assert.ok(diagnostics!.request.hasSubscribers);
    await asked;
    assert.equal(heard, []);
  });
});
