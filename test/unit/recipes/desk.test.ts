import { deskOf } from '@vivarium/recipes/internal/shared/desk';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { scripted, session } from './scripted-client.js';

suite('the names of attempts', (test) => {
  test('have the form of a UUID and are not used twice, even by another copy of us', async () => {
    const url = import.meta.resolve('@vivarium/recipes/internal/shared/desk');
    const copy: { deskOf: typeof deskOf } = await import(`${url}?copy`);
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
