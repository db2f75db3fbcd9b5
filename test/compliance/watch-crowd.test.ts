/** Fifty thousand watched paths, by what the client sends. */
import { connect, text } from '@vivarium/core';
import { clientHost } from '@vivarium/core/internal/node/client-host';
import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { operationOf } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import type { Observable } from 'rxjs';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { FaultyHost } from './faulty-host.js';
import { openServer } from './server.js';
import { Tap } from './tap.js';

const PATHS = 50_000;
const CHANGED = 100;
const BATCH = 1_000;
const MOST_BYTES = 128 * 1024;
const MAX_FRAME_BYTES = 8 * 1024 * 1024;

/** The requests of one client's connections, of which each begins with the handshake. */
class Sent {
  readonly #frames = new FrameSplitter(MAX_FRAME_BYTES);
  #isGreeting = true;
  longest = 0;
  readonly counts = new Map<string, number>();

  push(piece: Uint8Array): void {
    this.#frames.push(piece.slice());
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      this.longest = Math.max(this.longest, frame.length);
      if (this.#isGreeting) {
        this.#isGreeting = false;
        continue;
      }
      const reader = new Reader(frame);
      reader.int();
      const operation = operationOf(reader.int()) ?? 'unknown';
      this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    }
  }

  /** The next piece begins a connection. */
  anew(): void {
    this.#isGreeting = true;
    this.longest = 0;
    this.counts.clear();
  }
}

suite('fifty thousand watched paths (64)', (test) => {
  test(
    'are watched again after a reconnect and after the end of a session, and no more is read than has changed',
    async (t) => {
      const target = await openServer(({ connectString }) => connectString);
      t.cleanup(() => target.stop?.());
      const sent = new Sent();
      const tap = new Tap(clientHost);
      tap.sending = (piece) => sent.push(piece);
      const faults = new FaultyHost(tap);
      const options = { sessionTimeoutMs: 30_000, graceMs: 0 };
      const zk = await connect(target.connectString, { ...options, host: faults });
      t.cleanup(() => zk.close());
      const writer = await connect(target.connectString, { ...options, host: clientHost });
      t.cleanup(() => writer.close());
      const paths = Array.from({ length: PATHS }, (_, i) => `/crowd/of-watched-nodes-${i}`);
      await writer.create('/crowd');
      for (let from = 0; from < PATHS; from += BATCH) {
        const batch = paths.slice(from, from + BATCH);
        await writer.multi(batch.map((path) => ({ op: 'create', path, data: '0' })));
      }

      const values = new Map<string, string | undefined>();
      let told = 0;
      for (const path of paths) {
        const value$: Observable<string | undefined> = zk.data$(path, { codec: text });
        const each = value$.subscribe((value) => {
          told++;
          values.set(path, value);
        });
        t.cleanup(() => each.unsubscribe());
      }
      const until = async (is: () => boolean) => {
        while (!is()) await new Promise<void>((resolve) => zk.clock.setTimer(10, resolve));
      };
      await until(() => told === PATHS);
      assert.is(zk.stats().watches, PATHS);
      assert.is(sent.counts.get('getData'), PATHS);

      /** Changes some of them while the client is away, by data or by deletion. */
      const away = async (value: string, loses: () => Promise<void>) => {
        faults.refusing = true;
        await loses();
        faults.cut();
        sent.anew();
        told = 0;
        const first = Number(value) * CHANGED;
        const changed = paths.slice(first, first + CHANGED);
        for (const [i, path] of changed.entries()) {
          if (i % 2 === 0) await writer.set(path, value);
          else await writer.delete(path);
        }
        faults.refusing = false;
        await until(() => told >= CHANGED);
        await zk.sync();
        assert.is(told, CHANGED);
        for (const [i, path] of changed.entries()) {
          assert.is(values.get(path), i % 2 === 0 ? value : undefined);
        }
        assert.is(zk.stats().watches, PATHS);
        assert.ok(sent.longest <= MOST_BYTES, `a frame of ${sent.longest} bytes`);
        const reads = (sent.counts.get('getData') ?? 0) + (sent.counts.get('exists') ?? 0);
        // Of what is gone there is no data: then it is asked for as a node to come.
        assert.is(sent.counts.get('getData'), CHANGED);
        assert.ok(reads <= (CHANGED * 3) / 2, `${reads} reads`);
      };
      const session = zk.session!.id;
      await away('1', async () => {});
      assert.is(zk.session!.id, session);
      await away('2', () => faults.endSession());
      assert.is.not(zk.session!.id, session);

      // Every one of them is watched, whatever it has been through.
      told = 0;
      for (const path of [paths[0]!, paths[CHANGED]!, paths[2 * CHANGED]!, paths.at(-1)!]) {
        await writer.set(path, 'last');
      }
      await writer.create(paths[CHANGED + 1]!, 'last');
      await until(() => told === 5);
    },
    { timeoutMs: 150_000 },
  );
});
