/** The guarantees of the streams, each test named after the one it shows. */
import type { ChildrenSnapshot, NodeSnapshot } from '@vivarium/core';
import { isZkError, json, permissions, text } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { record } from './observe.js';
import { Tap } from './tap.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';

const isData = (data: string) => (seen: NodeSnapshot<string>) =>
  seen.kind === 'present' && seen.data === data;
const names = (seen: ChildrenSnapshot | undefined) =>
  seen?.kind === 'present' ? [...seen.children] : undefined;

export function guaranteesSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: guarantees`, (test) => {
    test('G1: a subscriber gets one emission without any change', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const there = record(t, zk.node$(home, { codec: text }));
      const absent = record(t, zk.node$(`${home}/no/such/node`));
      const list = record(t, zk.children$(home));
      const noList = record(t, zk.children$(`${home}/no`));
      assert.is((await there.until(() => true)).kind, 'present');
      assert.is((await absent.until(() => true)).kind, 'absent');
      assert.equal(names(await list.until(() => true)), []);
      assert.is((await noList.until(() => true)).kind, 'absent');
      const late = record(t, zk.node$(home));
      assert.is(late.values.length, 1);
    });

    test('G2: the last emission is the final state', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      const list = record(t, zk.children$(home));
      await writer.create(`${home}/a`, '0');
      const writes: Promise<unknown>[] = [];
      for (let i = 1; i <= 100; i++) {
        writes.push(writer.set(`${home}/a`, String(i)));
        writes.push(writer.create(`${home}/c${i}`));
        if (i % 2 === 0) writes.push(writer.delete(`${home}/c${i}`));
      }
      await Promise.all(writes);
      await data.until(isData('100'));
      await list.until((seen) => names(seen)?.length === 51);
    });

    test('G2: the last emission is the final state after an absence', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/a`, 'old');
      await writer.create(`${home}/gone`, 'old');
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      const gone = record(t, zk.node$(`${home}/gone`));
      const born = record(t, zk.node$(`${home}/born`));
      const list = record(t, zk.children$(home));
      await Promise.all([data, gone, born, list].map((one) => one.until(() => true)));
      faults.refusing = true;
      faults.cut();
      await writer.set(`${home}/a`, 'new');
      await writer.delete(`${home}/gone`);
      await writer.create(`${home}/born`);
      faults.refusing = false;
      await data.until(isData('new'));
      await gone.until(({ kind }) => kind === 'absent');
      await born.until(({ kind }) => kind === 'present');
      await list.until((seen) => names(seen)?.includes('born') === true);
    });

    test('G2: a node that comes and goes is seen in its final state', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const path = `${home}/a`;
      const there = record(t, zk.exists$(path));
      const data = record(t, zk.node$(path, { codec: text }));
      const list = record(t, zk.children$(path));
      const writes: Promise<unknown>[] = [];
      for (let i = 0; i < 150; i++) {
        writes.push(writer.create(path, String(i)), writer.delete(path));
      }
      await Promise.all(writes);
      await Promise.all([data, list].map((one) => one.until(({ kind }) => kind === 'absent')));
      await there.until((exists) => !exists);
      await writer.create(path, 'last');
      await data.until(isData('last'));
      await list.until(({ kind }) => kind === 'present');
      await there.until((exists) => exists);
      for (const [i, exists] of there.values.entries()) {
        assert.is.not(exists, there.values[i - 1]);
      }
    });

    test(
      'G2: a thousand writes at once end in the last, read one at a time (scenario 54)',
      async (t) => {
        const target = await open();
        const { zk: writer, home } = await rigOf(t, target);
        const tap = new Tap(target.host);
        const { zk } = await rigOf(t, { ...target, host: tap });
        await writer.create(`${home}/a`, '0');
        const data = record(t, zk.node$(`${home}/a`, { codec: text }));
        await data.until(isData('0'));
        let most = 0;
        tap.sending = () => {
          most = Math.max(most, zk.stats().inFlight);
        };
        const writes: Promise<unknown>[] = [];
        for (let i = 1; i <= 1_000; i++) writes.push(writer.set(`${home}/a`, String(i)));
        await Promise.all(writes);
        await data.until(isData('1000'));
        assert.is(most, 1);
        const versions = data.values.map((seen) =>
          seen.kind === 'present' ? seen.stat.version : -1,
        );
        for (const [i, version] of versions.entries())
          assert.ok(i === 0 || version > versions[i - 1]!);
      },
      { timeoutMs: 30_000 },
    );

    test('G2: ancestors made one by one say nothing until the node is there (scenario 59)', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const path = `${home}/a/b/c`;
      const data = record(t, zk.node$(path, { codec: text }));
      await data.until(({ kind }) => kind === 'absent');
      for (const ancestor of [`${home}/a`, `${home}/a/b`]) {
        await writer.create(ancestor);
        await zk.sync();
        await zk.exists(ancestor);
      }
      assert.is(data.values.length, 1);
      await writer.create(path, 'first');
      await data.until(isData('first'));
      await writer.delete(path);
      await data.until(({ kind }) => kind === 'absent');
      await writer.create(path, 'second');
      await data.until(isData('second'));
      const kinds = data.values.map(({ kind }) => kind);
      assert.equal(kinds, ['absent', 'present', 'absent', 'present']);
    });

    test('G2: a re-read that was lost with its connection is done after it', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/a`, 'old');
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      await data.until(isData('old'));
      let cutting = false;
      const events = zk.events$.subscribe(() => {
        // The event has used the watch up; its re-read is lost, and other answers have moved the
        // client's zxid past the change, so that no server would tell of it again.
        if (cutting) return;
        cutting = true;
        faults.deaf = true;
      });
      t.cleanup(() => events.unsubscribe());
      await writer.set(`${home}/a`, 'new');
      while (!cutting) await writer.sync();
      faults.deaf = false;
      faults.cut();
      await data.until(isData('new'));
    });

    test('G3: emissions never go backwards', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/a`, '0');
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      for (let i = 1; i <= 60; i++) {
        await writer.set(`${home}/a`, String(i));
        if (i % 20 === 0) faults.cut();
      }
      await data.until(isData('60'));
      for (const [i, seen] of data.values.entries()) {
        const before = data.values[i - 1];
        if (before?.kind !== 'present' || seen.kind !== 'present') continue;
        assert.ok(seen.asOf >= before.asOf, 'asOf fell');
        assert.ok(seen.stat.mzxid > before.stat.mzxid, 'mzxid did not rise');
      }
    });

    test('G4: every emitted state did exist, data and stat of one instant', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/a`, '0');
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      const writes: Promise<unknown>[] = [];
      for (let i = 1; i <= 200; i++) writes.push(writer.set(`${home}/a`, String(i)));
      await Promise.all(writes);
      await data.until(isData('200'));
      assert.ok(data.values.length <= 201);
      for (const seen of data.values) {
        assert.is(seen.kind, 'present');
        if (seen.kind === 'present') assert.is(seen.data, String(seen.stat.version));
      }
    });

    test('G5: a reconnect without a change emits nothing', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      const data = record(t, zk.node$(home));
      const list = record(t, zk.children$(home));
      const absent = record(t, zk.node$(`${home}/no`));
      const states = record(t, zk.state$);
      await Promise.all([data, list, absent].map((one) => one.until(() => true)));
      for (let i = 0; i < 3; i++) {
        const { generation } = zk;
        faults.cut();
        await states.until(({ type }) => type === 'connected' && zk.generation > generation);
        await zk.sync();
      }
      for (const { values } of [data, list, absent]) assert.is(values.length, 1);
    });

    test('G6: a node deleted and made again is a change', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const first = await writer.create(`${home}/a`, 'same');
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      await data.until(isData('same'));
      await writer.multi([
        { op: 'delete', path: `${home}/a` },
        { op: 'create', path: `${home}/a`, data: 'same' },
      ]);
      const seen = await data.until((s) => s.kind === 'present' && s.stat.czxid > first.stat.czxid);
      assert.is(seen.kind === 'present' && seen.stat.version, 0);
    });

    test('G7: after a write a new subscriber never gets the state before it', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const path = `${home}/a`;
      await zk.create(path, '0');
      const standing = record(t, zk.node$(path, { codec: text }));
      const list = record(t, zk.children$(home));
      await Promise.all([standing, list].map((one) => one.until(() => true)));
      for (let i = 1; i <= 100; i++) {
        const { mzxid } = await zk.set(path, String(i));
        const fresh = record(t, zk.node$(path, { codec: text }));
        const seen = await fresh.until(() => true);
        assert.ok(seen.kind === 'present' && seen.data === String(i), `wrote ${i}`);
        assert.ok(seen.asOf >= mzxid);
        fresh.unsubscribe();
        await zk.create(`${home}/c${i}`);
        const children = record(t, zk.children$(home));
        assert.ok(names(await children.until(() => true))!.includes(`c${i}`));
        children.unsubscribe();
      }
      await standing.until(isData('100'));
    });

    test('G7: it holds for nodes that come and go', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const path = `${home}/a`;
      const standing = record(t, zk.node$(path));
      const list = record(t, zk.children$(path));
      await Promise.all([standing, list].map((one) => one.until(() => true)));
      for (let i = 0; i < 30; i++) {
        await zk.create(path);
        const there = record(t, zk.exists$(path));
        assert.is(await there.until(() => true), true);
        const children = record(t, zk.children$(path));
        assert.is((await children.until(() => true)).kind, 'present');
        await zk.delete(path);
        const gone = record(t, zk.exists$(path));
        assert.is(await gone.until(() => true), false);
        const none = record(t, zk.children$(path));
        assert.is((await none.until(() => true)).kind, 'absent');
        for (const one of [there, children, gone, none]) one.unsubscribe();
      }
    });

    test('G8: each path is right by itself', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const paths = Array.from({ length: 80 }, (_, i) => `${home}/n${i}`);
      const all = paths.map((path) => record(t, zk.node$(path, { codec: text })));
      await Promise.all(paths.map((path) => writer.create(path, path)));
      await Promise.all(all.map((one, i) => one.until(isData(paths[i]!))));
    });

    test('G9: whoever reacts to an emission reads at least that point in history', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/pointer`, '0');
      await writer.create(`${home}/target`, '0');
      const reads: Promise<readonly [number, number]>[] = [];
      const pointer = record(t, zk.data$(`${home}/pointer`, { codec: json<number>() }));
      const reacting = zk
        .data$(`${home}/pointer`, { codec: json<number>() })
        .subscribe((pointed) => {
          const target = zk.getData(`${home}/target`, { codec: json<number>() });
          reads.push(target.then((value) => [pointed!, value] as const));
        });
      t.cleanup(() => reacting.unsubscribe());
      for (let i = 1; i <= 50; i++) {
        await writer.set(`${home}/target`, i, { codec: json() });
        await writer.set(`${home}/pointer`, i, { codec: json() });
      }
      await pointer.until((value) => value === 50);
      for (const [pointed, target] of await Promise.all(reads)) assert.ok(target >= pointed);
    });

    test('G10: a lost connection or session is no error, a lack of permission is', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      const acl = [{ perms: permissions.all, id: { scheme: 'auth', id: '' } }];
      await writer.create(`${home}/secret`, 'x', { acl });
      await writer.create(`${home}/a`, 'old');
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      await data.until(isData('old'));
      const session = zk.session!.id;
      await faults.endSession();
      await writer.set(`${home}/a`, 'new');
      faults.cut();
      await data.until(isData('new'));
      assert.is.not(zk.session?.id, session);
      const secret = record(t, zk.node$(`${home}/secret`));
      await secret.until(() => true).catch(() => {});
      assert.ok(isZkError(secret.errors[0], 'NO_AUTH'));
      await writer.setAcl(`${home}/secret`, [
        { perms: permissions.all, id: { scheme: 'world', id: 'anyone' } },
      ]);
      await zk.sync();
      const allowed = record(t, zk.node$(`${home}/secret`));
      assert.is((await allowed.until(() => true)).kind, 'present');
    });

    test('G11: a stream completes when the client is closed, and only then', async (t) => {
      const { home, another } = await rigOf(t, await open());
      const { zk: other } = await another();
      const data = record(t, other.node$(home));
      const list = record(t, other.children$(home));
      await Promise.all([data, list].map((one) => one.until(() => true)));
      assert.not(data.isComplete || list.isComplete);
      await other.close();
      assert.ok(data.isComplete && list.isComplete);
      const late = record(t, other.node$(home));
      assert.ok(late.isComplete);
    });

    test('G12: many subscribers cost one watch, and none is left after the last', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const before = zk.stats().watches;
      const all = Array.from({ length: 50 }, () => [
        record(t, zk.node$(home)),
        record(t, zk.exists$(home)),
        record(t, zk.children$(home)),
        record(t, zk.node$(`${home}/no`)),
        record(t, zk.children$(`${home}/no`)),
      ]).flat() as readonly { until(is: () => boolean): Promise<unknown>; unsubscribe(): void }[];
      await Promise.all(all.map((one) => one.until(() => true)));
      const { entries, subscribers, armed, watches } = zk.stats();
      assert.equal({ entries, subscribers, armed }, { entries: 4, subscribers: 250, armed: 4 });
      // The two kinds of the missing node wait for its creation by one and the same watch.
      assert.is(watches - before, 3);
      for (const one of all) one.unsubscribe();
      const events = record(t, zk.events$);
      await zk.set(home, 'x');
      await zk.create(`${home}/no`);
      assert.equal(events.values, []);
      assert.is(zk.stats().entries, 0);
      assert.is(zk.stats().watches, before);
    });

    test('G12: a node that appears costs a list of children no second watch', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const list = record(t, zk.children$(`${home}/a`));
      await list.until(({ kind }) => kind === 'absent');
      await zk.create(`${home}/a`);
      await list.until(({ kind }) => kind === 'present');
      await zk.sync();
      const events = record(t, zk.events$);
      await zk.set(`${home}/a`, 'x');
      assert.equal(events.values, []);
    });

    test('G13: one subscriber that throws does not disturb the others', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const thrown: unknown[] = [];
      const { config } = await import('rxjs');
      const before = config.onUnhandledError;
      config.onUnhandledError = (error) => thrown.push(error);
      t.cleanup(() => {
        config.onUnhandledError = before;
      });
      const bad = zk.node$(home).subscribe(() => {
        throw new Error('mine');
      });
      t.cleanup(() => bad.unsubscribe());
      const good = record(t, zk.node$(home, { codec: text }));
      await good.until(() => true);
      await zk.set(home, 'x');
      await good.until(isData('x'));
      // It is reported from a timer of its own.
      while (thrown.length < 2) await new Promise<void>((done) => zk.clock.setTimer(1, done));
      assert.is(thrown.length, 2);
    });

    test('G13: emissions are delivered one at a time and in order', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      let depth = 0;
      const seen: bigint[] = [];
      const subscription = zk.node$(home).subscribe(({ asOf }) => {
        depth++;
        assert.is(depth, 1);
        seen.push(asOf);
        if (seen.length < 20) void zk.set(home, String(seen.length));
        depth--;
      });
      t.cleanup(() => subscription.unsubscribe());
      const last = record(t, zk.node$(home, { codec: text }));
      await last.until(isData('19'));
      assert.equal(
        seen,
        [...seen].sort((a, b) => (a < b ? -1 : 1)),
      );
    });

    test('G14: freshness is told to those who ask', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      const watching = record(t, zk.node$(home, { freshness: true }));
      const quiet = record(t, zk.node$(home));
      await Promise.all([watching, quiet].map((one) => one.until(({ fresh }) => fresh)));
      faults.refusing = true;
      faults.cut();
      await watching.until(({ fresh }) => !fresh);
      const replayed = record(t, zk.node$(home));
      assert.equal(
        replayed.values.map(({ fresh }) => fresh),
        [false],
      );
      const waiting = record(t, zk.node$(home, { whileStale: 'wait' }));
      assert.equal(waiting.values, []);
      faults.refusing = false;
      await watching.until(({ fresh }) => fresh);
      assert.ok((await waiting.until(() => true)).fresh);
      assert.is(quiet.values.length, 1);
      assert.is(replayed.values.length, 1);
    });
  });
}
