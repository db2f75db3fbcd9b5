import type { Subscriber } from 'rxjs';
import { Observable } from 'rxjs';
import type { LogEvent } from '../base/log-event.js';
import { withChroot, withoutChroot } from '../session/chroot.js';
import type { SessionState } from '../session/effects.js';
import { eventTypes } from '../wire/events.js';
import { tellOfAbort } from './abort-listeners.js';
import type {
  Client,
  ClientState,
  ConnectOptions,
  Credential,
  EventType,
  SessionInfo,
  WatchEvent,
} from './api.js';
import { credentialOf } from './arguments.js';
import { Settling } from './call.js';
import { childrenDataOver } from './children-data.js';
import type { ClientHost } from './client-host.js';
import type { Destination } from './connect-string.js';
import type { SessionNews } from './diagnostics.js';
import { Driver } from './driver.js';
import { ZkError } from './errors.js';
import { Hub } from './hub.js';
import { KnownServers } from './known-servers.js';
import { guarded, Listeners } from './listeners.js';
import { outOfContext } from './out-of-context.js';
import { PunctualClock } from './punctual-clock.js';
import { requestsOver } from './requests.js';
import { serverListOver } from './server-list.js';
import { monotonicClock, sleepAwareClock } from './sleep-aware-clock.js';
import { StallMonitor } from './stall-monitor.js';
import { streamsOver } from './streams.js';
import { treeStreamsOver } from './tree-streams.js';
import { Trees } from './trees.js';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_FRAME_BYTES = 0xfffff;
const DEFAULT_GRACE_MS = 200;
const DEFAULT_READS = 64;
const DEFAULT_STALL_MS = 60_000;
const eventNames = new Map<number, EventType>(
  Object.entries(eventTypes).map(([name, type]) => [type, name as EventType]),
);

/**
 * Makes a client that has begun to look for a server. Most programs want `connect`, which waits
 * until one was found.
 */
export function createClient(
  { servers: list, chroot }: Destination,
  options: ConnectOptions,
  around: ClientHost,
): Client {
  const host = outOfContext(around);
  const servers = new KnownServers();
  const hostClock = options.clock === 'monotonic' ? monotonicClock(host) : sleepAwareClock(host);
  const clock = new PunctualClock(hostClock);
  const maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES;
  const report = options.log ?? ((event: LogEvent) => host.log?.(event));
  const log = (event: LogEvent) => guarded(() => report(event), host);
  const listeners = new Listeners();
  const states = new Set<Subscriber<ClientState>>();
  const sessions = new Set<Subscriber<SessionInfo>>();
  const events = new Set<Subscriber<WatchEvent>>();
  let state: ClientState = {
    type: 'connecting',
    detail: undefined,
    since: clock.now(),
    server: undefined,
    session: undefined,
  };
  let session: SessionInfo | undefined;
  let ending: AbortController | undefined;
  let epoch = 0;
  /** The newest session that was told of. */
  let previous: bigint | undefined;
  let closing: Promise<void> | undefined;
  let isClosing = false;
  let closed = () => {};

  const driver = new Driver(
    host,
    clock,
    servers,
    {
      serverCount: servers.numbersOf(list).length,
      timeoutMs: options.sessionTimeoutMs ?? DEFAULT_TIMEOUT_MS,
      readOnly: options.readOnly === true,
      maxFrameBytes,
      marginMs: options.marginMs,
      onPresumedLost: options.onPresumedLost ?? 'resume',
      keepOrder: options.keepOrder === true,
    },
    {
      stateChanged,
      sessionBegan(id, timeoutMs) {
        epoch++;
        ending = new AbortController();
        session = { id, timeoutMs, epoch, previous, ended: ending.signal };
        previous = id;
        tellSession('began', id, timeoutMs);
        for (const subscriber of [...sessions]) subscriber.next(session);
      },
      sessionEnded(id) {
        tellSession('ended', id);
        sessionEnded();
      },
      watchFired,
      watchLeft(kind, path) {
        if (kind === 'child') hub.unused(path, 'children');
        else if (kind === 'data' || kind === 'exist') hub.unused(path, 'data');
        else if (kind === 'recursive') trees.unused(path);
      },
      rearmed(complete) {
        hub.rearmed(complete);
        trees.rearmed();
      },
    },
    log,
    options.heartbeat === 'worker' ? (options.heartbeatMaxStallMs ?? DEFAULT_STALL_MS) : undefined,
    chroot,
  );

  const watching = {
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    maxConcurrentReads: options.maxConcurrentReads ?? DEFAULT_READS,
    auditMs: options.auditMs,
    random: () => host.randomBytes(1)[0]! / 256,
  };
  const hub = new Hub(driver, {
    ...watching,
    isUsedElsewhere: (path, kind) => listeners.isUsed(path, kind),
  });
  const trees = new Trees(driver, {
    ...watching,
    chroot,
    isListenedAt: (path) => listeners.isUsed(path, 'data') || listeners.isUsed(path, 'children'),
    disturb: (path) => hub.disturbed(path, ['data', 'children']),
    childrenChanged: (path) => {
      hub.fired(eventTypes.nodeChildrenChanged, path);
      hear(eventTypes.nodeChildrenChanged, path, -1n);
    },
  });

  const certainUntil = () => (isClosing ? Number.NEGATIVE_INFINITY : driver.certainUntil);
  const stalls = new StallMonitor(clock, certainUntil);

  function tellSession(
    type: SessionNews['type'],
    id: bigint | undefined,
    timeoutMs?: number,
    now?: SessionState,
  ): void {
    const channel = host.diagnostics?.session;
    if (channel?.hasSubscribers !== true) return;
    const { server } = driver;
    const [state, detail] = [now?.type, now?.detail];
    channel.publish({ type, session: id, timeoutMs, state, detail, server });
  }

  function sessionEnded(): void {
    session = undefined;
    ending?.abort(new ZkError('SESSION_EXPIRED'));
  }

  function stateChanged(now: SessionState): void {
    state = {
      type: now.type,
      detail: now.detail,
      since: clock.now(),
      server: driver.server,
      session: previous,
    };
    tellSession('state', previous, undefined, now);
    for (const watchers of [hub, trees]) {
      if (now.type === 'connected') watchers.connected(now.detail === 'readOnly');
      else watchers.disconnected();
    }
    for (const subscriber of [...states]) subscriber.next(state);
    if (now.type !== 'closed') return;
    hub.close();
    trees.close();
    stalls.close();
    for (const set of [states, sessions, events]) {
      for (const subscriber of [...set]) subscriber.complete();
      set.clear();
    }
    closed();
  }

  function watchFired(type: number, serverPath: string, zxid: bigint): void {
    // Streams first: whoever is told below may ask them, and they must not repeat what is no more.
    hub.fired(type, serverPath);
    trees.fired(type, serverPath);
    hear(type, serverPath, zxid);
  }

  function hear(type: number, serverPath: string, zxid: bigint): void {
    const name = eventNames.get(type);
    if (name === undefined) return;
    const event: WatchEvent = { type: name, path: withoutChroot(chroot, serverPath), zxid };
    const channel = host.diagnostics?.watch;
    if (channel?.hasSubscribers === true) channel.publish({ event: name, path: event.path, zxid });
    const told = listeners.take(type, serverPath);
    if (told.length === 0 && events.size === 0) return;
    // A promise that an earlier answer resolved is heard in a microtask, so this has to be one too.
    host.soon(() => {
      for (const listener of told) guarded(() => listener(event), host);
      for (const subscriber of [...events]) subscriber.next(event);
    });
  }

  const addAuth = (credential: Credential, call?: { signal?: AbortSignal | undefined }) =>
    new Promise<void>((resolve, reject) => {
      const { scheme, auth } = credentialOf(credential, { operation: 'auth' });
      const facts = { operation: 'auth', request: { scheme } };
      if (call?.signal?.aborted === true) {
        reject(call.signal.reason);
        return;
      }
      const token = new Settling(
        driver,
        { operation: 'auth', facts, options: call, result: () => {} },
        resolve,
        reject,
      );
      if (call?.signal !== undefined) tellOfAbort(call.signal, token.aborted);
      driver.submit({ type: 'auth', token, scheme, auth, required: false });
    });

  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      isClosing = true;
      if (state.type === 'closed') {
        resolve();
        return;
      }
      closed = resolve;
      driver.submit({ type: 'close' });
      // From now on the server may end it before we hear of that.
      sessionEnded();
    });
    return closing;
  };

  const client: Client = {
    get state() {
      return state;
    },
    state$: observe(
      states,
      () => state,
      () => state.type === 'closed',
    ),
    get session() {
      return session;
    },
    session$: observe(
      sessions,
      () => session,
      () => state.type === 'closed',
    ),
    get sessionTimeoutMs() {
      return driver.session.tenure.timeoutMs;
    },
    get lastAckSentAt() {
      return driver.lastAckSentAt;
    },
    get generation() {
      return driver.session.progress.connections;
    },
    get lastZxidSeen() {
      return driver.session.progress.lastZxidSeen;
    },
    clock,
    chroot,
    get certainUntil() {
      return certainUntil();
    },
    isCertain: (id) => {
      if (id !== undefined && id !== driver.session.tenure.key?.id) return false;
      return clock.now() < certainUntil();
    },
    stall$: stalls.stall$,
    ...requestsOver({
      driver,
      chroot,
      maxFrameBytes,
      listeners,
      disturb: (path, kinds) => hub.disturbed(path, kinds),
      trees,
    }),
    updateServers: serverListOver(driver, servers, host, chroot),
    addAuth,
    unwatch: (path, kind, listener) => {
      const server = withChroot(chroot, path);
      if (listeners.remove(server, kind, listener)) hub.unused(server, kind);
    },
    events$: observe(
      events,
      () => undefined,
      () => state.type === 'closed',
    ),
    ...streamsOver(hub, chroot),
    childrenData$: childrenDataOver(hub, chroot),
    ...treeStreamsOver(trees),
    stats: () => ({
      ...hub.stats(),
      ...trees.stats(),
      watches: driver.session.watches.size,
      queued: driver.session.queued,
      inFlight: driver.session.inFlight,
      connections: driver.session.progress.connections,
    }),
    close,
    [Symbol.asyncDispose]: close,
  };

  for (const credential of options.auth ?? []) {
    const { scheme, auth } = credentialOf(credential, { operation: 'connect' });
    driver.submit({ type: 'auth', token: IGNORED, scheme, auth, required: true });
  }
  driver.start();
  return client;
}

/** A stream of a set of subscribers, which begins with the present value if there is one. */
function observe<T>(
  subscribers: Set<Subscriber<T>>,
  present: () => T | undefined,
  isOver: () => boolean,
): Observable<T> {
  return new Observable((subscriber) => {
    subscribers.add(subscriber);
    const value = present();
    if (value !== undefined) subscriber.next(value);
    if (isOver()) subscriber.complete();
    return () => {
      subscribers.delete(subscriber);
    };
  });
}

/** Nobody waits for a credential of the options: when it is refused, the client closes. */
const IGNORED = { replied() {}, refused() {}, failed() {} };
