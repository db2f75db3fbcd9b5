/** Bugs inside the server's own classes. */
import { codes } from '@vivarium/core/internal/base/errors';
import { Expiry } from '@vivarium/core/internal/peer/expiry';
import { Notifications } from '@vivarium/core/internal/peer/notifications';
import { Outstanding } from '@vivarium/core/internal/peer/outstanding';
import { Passwords } from '@vivarium/core/internal/peer/passwords';
import { Preparation } from '@vivarium/core/internal/peer/preparation';
import { type Session, Sessions } from '@vivarium/core/internal/peer/sessions';
import { Database } from '@vivarium/core/internal/tree/database';
import { Expiring } from '@vivarium/core/internal/tree/expiring';
import { NO_NODE_ID, Tree } from '@vivarium/core/internal/tree/tree';
import { WatchTable } from '@vivarium/core/internal/tree/watches';
import { inside, type Plant } from './plant.js';

export const serverPlants: readonly Plant[] = [
  inside(
    'leaves the ephemeral nodes of a session that ended',
    Database.prototype,
    'applyCloseSession',
    () =>
      function (this: Database, session, _paths, zxidHigh, zxidLow) {
        this.sessions.delete(session);
        this.advanceTo(zxidHigh, zxidLow);
      },
  ),
  inside(
    'does not list what a closing session has on its way',
    Outstanding.prototype,
    'ephemeralsOf',
    (right) =>
      function (this: Outstanding, session) {
        const paths = [...right.call(this, session)];
        return new Set(paths.filter((path) => !path.endsWith('/0')));
      },
  ),
  inside(
    'keeps what a failed multi would have changed',
    Outstanding.prototype,
    'takeBack',
    () => () => {},
  ),
  inside(
    'counts no words of a session as signs of life',
    Sessions.prototype,
    'touch',
    (right) =>
      function (this: Sessions, session, now) {
        if (session.deadline === 0) right.call(this, session, now);
      },
  ),
  inside(
    'expires sessions after half of their time',
    Sessions.prototype,
    'touch',
    () =>
      function (this: Sessions, session: Session, now) {
        session.deadline = now + session.timeoutMs / 2;
      },
  ),
  inside(
    'refuses a session to its owner now and then',
    Passwords.prototype,
    'isRight',
    (right) =>
      function (this: Passwords, session, password) {
        return session % 5n !== 0n && right.call(this, session, password);
      },
  ),
  inside('ends no session by itself', Expiry.prototype, 'polled', () => () => []),
  inside(
    'lets ended sessions come back',
    Sessions.prototype,
    'remove',
    () =>
      function (this: Sessions, id) {
        const session = this.get(id);
        if (session !== undefined) session.closing = false;
      },
  ),
  inside(
    'fires a one-shot watch again and again',
    WatchTable.prototype,
    'trigger',
    (right) =>
      function (this: WatchTable, eventType, path, deliver) {
        const told: number[] = [];
        right.call(this, eventType, path, (watcher) => {
          told.push(watcher);
          deliver(watcher);
        });
        for (const watcher of told) this.add(watcher, path, 'data');
      },
  ),
  inside(
    'forgets the watches of a connection when another closes',
    WatchTable.prototype,
    'removeAll',
    (right) =>
      function (this: WatchTable, watcher) {
        right.call(this, watcher);
        right.call(this, watcher - 1);
      },
  ),
  inside(
    'loses the sessions of a snapshot',
    Database.prototype,
    'finishLoading',
    (right) =>
      function (this: Database) {
        this.sessions.clear();
        right.call(this);
      },
  ),
  inside('lets everybody write everywhere', Preparation.prototype, 'permits', () => () => true),
  inside(
    'tells of nodes to those who may not read them',
    Notifications.prototype,
    'mayRead',
    () => () => true,
  ),
  inside(
    'removes a node before its time to live is over',
    Expiring.prototype,
    'isOverdue',
    (right) =>
      function (this: Expiring, id, wall) {
        return right.call(this, id, wall + 500);
      },
  ),
  inside(
    'forgets in a replay that a child was deleted after its snapshot was begun',
    Tree.prototype,
    'remove',
    (right) =>
      function (this: Tree, path, high, low) {
        return this.find(path) === NO_NODE_ID ? codes.NO_NODE : right.call(this, path, high, low);
      },
  ),
  inside(
    'numbers the children of a node from where their parent began',
    Database.prototype,
    'applyCreate',
    (right) =>
      function (this: Database, path, data, acl, high, low, parentCVersion, ...rest) {
        return right.call(this, path, data, acl, high, low, parentCVersion - 1, ...rest);
      },
  ),
  inside(
    'forgets the last change of data when it comes back',
    Database.prototype,
    'applySetData',
    (right) =>
      function (this: Database, path, data, version, high, low, timeMs, sink) {
        if (sink.listening || low % 7 !== 0) {
          return right.call(this, path, data, version, high, low, timeMs, sink);
        }
        this.advanceTo(high, low);
        return 0;
      },
  ),
];
