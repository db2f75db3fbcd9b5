/** What streams make of changes that their client could not hear of at the time. */
import { isZkError, type NodeSnapshot, OPEN_ACL, permissions, text } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { errorOf, record } from './observe.js';
import { Tap } from './tap.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';

const isData = (data: string) => (seen: NodeSnapshot<string>) =>
  seen.kind === 'present' && seen.data === data;

export function absenceSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: streams and absence`, (test) => {
    test('a re-read is done though answers have overtaken its event (scenario 55)', async (t) => {
      const target = await open();
      const tap = new Tap(target.host);
      const { zk, faults, home } = await rigOf(t, { ...target, host: tap });
      await zk.create(`${home}/a`, 'old');
      await zk.create(`${home}/b`);
      const data = record(t, zk.node$(`${home}/a`, { codec: text }));
      await data.until(isData('old'));
      // The changes go out together. What follows is the re-read, and is lost, however early the
      // event may come.
      let pieces = 0;
      tap.sending = () => {
        tap.isMute = ++pieces > 1;
      };
      const [changed, ...others] = await Promise.all([
        zk.set(`${home}/a`, 'new'),
        zk.set(`${home}/b`, '1'),
        zk.set(`${home}/b`, '2'),
      ]);
      assert.ok(tap.isMute);
      // No server would tell of the change any more: the client has seen what came after it.
      for (const { mzxid } of others) assert.ok(mzxid > changed.mzxid);
      assert.ok(isData('old')(data.last!));
      tap.sending = () => {};
      tap.isMute = false;
      faults.cut();
      await data.until(isData('new'));
      assert.is(data.values.length, 2);
    });

    test('a node made again with equal bytes meanwhile is told once (scenario 58)', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const path = `${home}/a`;
      const first = await writer.create(path, 'same');
      const data = record(t, zk.node$(path, { codec: text }));
      await data.until(isData('same'));
      faults.refusing = true;
      faults.cut();
      await writer.delete(path);
      const second = await writer.create(path, 'same');
      assert.ok(second.stat.czxid > first.stat.czxid);
      faults.refusing = false;
      const again = await data.until(
        (seen) => seen.kind === 'present' && seen.stat.czxid === second.stat.czxid,
      );
      assert.ok(isData('same')(again));
      assert.is(again.kind === 'present' && again.stat.version, 0);
      await zk.sync();
      await zk.get(path);
      assert.is(data.values.length, 2);
    });

    for (const auditMs of [undefined, 50]) {
      const how =
        auditMs === undefined ? 'is not noticed without audits' : 'is noticed by an audit';
      test(`that a node may not be read for a while ${how} (66)`, async (t) => {
        const { zk: writer, home, another } = await rigOf(t, await open());
        const { zk } = await another({ auditMs });
        const path = `${home}/a`;
        await writer.create(path, 'old');
        await zk.sync();
        const data = record(t, zk.node$(path, { codec: text }));
        await data.until(isData('old'));
        const id = { scheme: 'world', id: 'anyone' };
        await writer.setAcl(path, [{ perms: permissions.all & ~permissions.read, id }]);
        if (auditMs !== undefined) {
          const error = await errorOf(data.until(() => false));
          assert.ok(isZkError(error, 'NO_AUTH'));
        }
        await writer.set(path, 'new');
        await writer.setAcl(path, OPEN_ACL);
        await zk.sync();
        // Nothing has told of the change: who may not read a node hears nothing of it.
        assert.ok(isData('old')(data.last!));
        assert.is(data.values.length, 1);
        data.unsubscribe();
        const again = record(t, zk.node$(path, { codec: text }));
        await again.until(isData('new'));
        assert.equal(again.errors, []);
      });
    }

    test('one that was left meanwhile says nothing, and leaves no watch (scenario 62)', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/a`, 'old');
      await writer.create(`${home}/quiet`);
      await zk.sync();
      const before = zk.stats().watches;
      const left = ['a', 'no', 'quiet'].map((each) => record(t, zk.node$(`${home}/${each}`)));
      const list = record(t, zk.children$(home));
      await Promise.all([...left, list].map((one) => one.until(() => true)));
      const events = record(t, zk.events$);
      faults.refusing = true;
      faults.cut();
      // Begun and left while nothing can be read, and left while nothing can be taken back.
      record(t, zk.node$(`${home}/other`)).unsubscribe();
      for (const one of [...left, list]) one.unsubscribe();
      await writer.set(`${home}/a`, 'new');
      await writer.create(`${home}/no`);
      faults.refusing = false;
      await zk.sync();
      await writer.set(`${home}/a`, 'newer');
      await writer.set(`${home}/quiet`, 'new');
      await writer.delete(`${home}/no`);
      await writer.create(`${home}/other`);
      await zk.sync();
      assert.equal(events.values, []);
      for (const { values } of [...left, list]) assert.is(values.length, 1);
      assert.is(zk.stats().entries, 0);
      assert.is(zk.stats().watches, before);
    });
  });
}
