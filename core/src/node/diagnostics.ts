import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { Diagnostics, NewsChannel, TraceChannel } from '../client/diagnostics.js';
import { diagnosticChannels as rows } from '../client/diagnostics.js';

function traced<M extends { readonly error: unknown }>(name: string): TraceChannel<M> {
  const { start, end, asyncStart, asyncEnd, error } = tracingChannel<unknown, object>(name);
  return {
    get hasSubscribers() {
      return (
        start.hasSubscribers ||
        end.hasSubscribers ||
        asyncStart.hasSubscribers ||
        asyncEnd.hasSubscribers ||
        error.hasSubscribers
      );
    },
    begin(trace, run) {
      start.runStores(trace, run);
      end.publish(trace);
    },
    settled(trace) {
      if (trace.error !== undefined) error.publish(trace);
      asyncStart.publish(trace);
      asyncEnd.publish(trace);
    },
  };
}

function plain<M>(name: string): NewsChannel<M> {
  return channel(name);
}

/** Node's channels, for whoever subscribes in this process. */
export const diagnostics: Diagnostics = {
  request: traced(rows.request.name),
  session: plain(rows.session.name),
  watch: plain(rows.watch.name),
  connection: plain(rows.connection.name),
};
