import { Subscription } from 'rxjs';
import { clientHost } from '#host';
import type { LogEvent } from '../base/log-event.js';
import type { Client, ConnectOptions } from './api.js';
import { checkCallable, credentialOf } from './arguments.js';
import { createClient } from './client.js';
import type { ClientHost } from './client-host.js';
import { checkProtocols, parseConnectString } from './connect-string.js';
import { ZkError } from './errors.js';

const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
/** The longest time that a signed 32-bit number of milliseconds holds. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/**
 * Connects to an ensemble and resolves once a server holds the client's session. From then on the
 * client finds its way back by itself, until it is closed.
 *
 * The connect string is `host:port,host:port/chroot`; ports default to 2181. Servers may also be
 * `ws://host:port` and `wss://host:port`, the only ones that a browser can reach; there the chroot
 * follows a `#`.
 *
 * @throws ZkError `BAD_ARGUMENTS` for a wrong connect string or option; `CONNECTION_LOSS` when no
 *   server answered within `connectTimeoutMs`; `AUTH_FAILED` when a credential was refused
 */
export async function connect(
  connectString: string | readonly string[],
  options: ConnectOptions = {},
): Promise<Client> {
  const { signal } = options;
  const destination = parseConnectString(connectString);
  checkOptions(options);
  signal?.throwIfAborted();
  const host = options.host ?? clientHost;
  checkProtocols(destination, host);
  checkHeartbeat(options, host);
  let lastTrouble = 'none could be tried';
  const log = (event: LogEvent): void => {
    if (event.event === 'session.cut') lastTrouble = event.message;
    if (options.log === undefined) host.log?.(event);
    else options.log(event);
  };
  const client = createClient(destination, { ...options, log }, host);
  const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  const facts = { operation: 'connect', request: { connectString } };
  return new Promise((resolve, reject) => {
    const done = () => {
      settled();
      resolve(client);
    };
    const giveUp = (reason: unknown) => {
      settled();
      void client.close();
      reject(reason);
    };
    const aborted = () => giveUp(signal?.reason);
    const stopTimer = client.clock.setTimer(timeoutMs, () => {
      const reason = `no server of ${connectString} answered within ${timeoutMs} ms (${lastTrouble})`;
      giveUp(new ZkError('CONNECTION_LOSS', { ...facts, outcome: 'refused', reason }));
    });
    const states = new Subscription();
    const seen = client.state$.subscribe(({ type, detail }) => {
      if (type === 'connected') {
        if ((options.auth ?? []).length === 0) done();
        // Answers come in order: after this one the word on every credential has been heard.
        else client.exists('/').then(done, done);
      } else if (type === 'closed') {
        giveUp(new ZkError(detail === 'authFailed' ? 'AUTH_FAILED' : 'SESSION_EXPIRED', facts));
      }
    });
    states.add(seen);
    signal?.addEventListener('abort', aborted);
    function settled() {
      stopTimer();
      signal?.removeEventListener('abort', aborted);
      states.unsubscribe();
    }
  });
}

function checkOptions(options: ConnectOptions): void {
  const times = [
    'sessionTimeoutMs',
    'connectTimeoutMs',
    'maxFrameBytes',
    'maxConcurrentReads',
  ] as const;
  for (const name of times) check(name, options[name], 1);
  for (const name of ['marginMs', 'graceMs'] as const) check(name, options[name], 0);
  for (const name of ['auditMs', 'heartbeatMaxStallMs'] as const) check(name, options[name], 1);
  for (const [name, words] of Object.entries(WORDS)) {
    const word = options[name as keyof typeof WORDS];
    if (word === undefined || words.includes(word)) continue;
    throw badOption(`${name} is ${word}; give ${words.join(' or ')}`);
  }
  if (options.log !== undefined) checkCallable(options.log, 'log', { operation: 'connect' });
  if (options.auth === undefined) return;
  if (!Array.isArray(options.auth)) throw badOption('auth is not a list of credentials');
  for (const credential of options.auth) credentialOf(credential, { operation: 'connect' });
}

const WORDS: Readonly<Record<'onPresumedLost' | 'clock' | 'heartbeat', readonly string[]>> = {
  onPresumedLost: ['resume', 'newSession'],
  clock: ['sleepAware', 'monotonic'],
  heartbeat: ['eventLoop', 'worker'],
};

function checkHeartbeat(options: ConnectOptions, host: ClientHost): void {
  if (options.heartbeat !== 'worker') {
    if (options.heartbeatMaxStallMs === undefined) return;
    throw badOption("heartbeatMaxStallMs is for heartbeat: 'worker' alone; leave it out");
  }
  if (host.openBeating !== undefined) return;
  throw badOption("heartbeat: 'worker' needs the threads of Node; leave it out here");
}

function badOption(reason: string): ZkError {
  return new ZkError('BAD_ARGUMENTS', { operation: 'connect', reason });
}

function check(name: string, value: number | undefined, least: number): void {
  if (value === undefined) return;
  if (typeof value === 'number' && value >= least && value <= MAX_TIMEOUT_MS) return;
  throw badOption(`${name} is ${value}; give a number from ${least} to ${MAX_TIMEOUT_MS}`);
}
