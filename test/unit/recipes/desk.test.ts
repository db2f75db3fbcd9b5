import { deskOf } from '@vivarium/recipes/internal/shared/desk';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { scripted, session } from './scripted-client.js';

suite('copies of the recipes over one client', (test) => {
  const url = import.meta.resolve('@vivarium/recipes/internal/shared/desk');
  const another = (): Promise<{ deskOf: typeof deskOf }> => import(`${url}?copy`);

  test('see each other’s places in groups', async () => {
    const copy = await another();
    const { zk } = scripted({});
    assert.is(copy.deskOf(zk).places, deskOf(zk).places);
    assert.is.not(deskOf(scripted({}).zk).places, deskOf(zk).places);
  });

  test('use no name of an attempt twice; it has the form of a UUID', async () => {
    const copy = await another();
    const { zk } = scripted({});
    assert.is.not(copy.deskOf(zk), deskOf(zk));
    const names = [deskOf(zk), copy.deskOf(zk), deskOf(zk), copy.deskOf(zk)].map((desk) =>
      desk.nextGuid(session.id),
    );
    assert.is(new Set(names).size, 4);
    assert.ok(names.every((name) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)));
    assert.is.not(deskOf(scripted({}).zk).nextGuid(-1n), deskOf(zk).nextGuid(1n));
  });
});
