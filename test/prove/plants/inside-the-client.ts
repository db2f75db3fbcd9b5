/** Bugs inside the client. */
import { Driver } from '@vivarium/core/internal/client/driver';
import { Hub } from '@vivarium/core/internal/client/hub';
import { Listeners } from '@vivarium/core/internal/client/listeners';
import { Tenure } from '@vivarium/core/internal/session/tenure';
import { WatchRegistry } from '@vivarium/core/internal/session/watch-registry';
import { inside, type Plant } from './plant.js';

export const clientPlants: readonly Plant[] = [
  inside(
    'the client repeats a write whose answer was lost',
    Driver.prototype,
    'submit',
    (right) =>
      function (this: Driver, input) {
        if (input.type !== 'request') return right.call(this, input);
        right.call(this, { ...input, request: { ...input.request, onLoss: 'resend' } });
      },
  ),
  inside(
    'the client does not set its watches again after a cut',
    WatchRegistry.prototype,
    'rearmRequests',
    () => () => [],
  ),
  inside(
    'the client forgets a watch of which one of two kinds has fired',
    WatchRegistry.prototype,
    'fired',
    () =>
      function (this: WatchRegistry, _event, path) {
        for (const kind of ['data', 'exist', 'child'] as const) this.remove(kind, path);
      },
  ),
  inside(
    'the client takes a watch for a missing node for one of a node that is there',
    WatchRegistry.prototype,
    'add',
    (right) =>
      function (this: WatchRegistry, kind, path) {
        right.call(this, kind === 'exist' ? 'data' : kind, path);
      },
  ),
  inside(
    'a stream does not look again when its node has changed',
    Hub.prototype,
    'fired',
    () => () => {},
  ),
  inside(
    'a listener that has heard is not taken from the list',
    Listeners.prototype,
    'take',
    (right) =>
      function (this: Listeners, type, path) {
        const told = right.call(this, type, path);
        for (const listener of told) this.add(path, 'data', listener);
        return told;
      },
  ),
  inside(
    'the client is certain of its session for longer than the server keeps it',
    Tenure.prototype,
    'certainFrom',
    (right) =>
      function (this: Tenure, ackSentAt) {
        return right.call(this, ackSentAt) + 5_000;
      },
  ),
];
