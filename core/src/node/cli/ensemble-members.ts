import type { LogEvent } from '../../base/log-event.js';
import type { ServerEnd } from '../driver.js';
import type { RunningEnsemble } from '../ensemble.js';
import { exitCodes } from '../start-error.js';
import type { EnsembleSeat } from './ensemble-files.js';
import type { World } from './world.js';

/** A server of an ensemble that runs, in this process or in one of its own. */
export interface EnsembleMember {
  readonly id: number;
  readonly port: number;
  readonly pid: number;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<ServerEnd>;
  /** Asks it to stop; once. */
  stop(): void;
}

/** What members tell of themselves. */
export interface MemberNews {
  /** @param line what is no event but words for a person */
  said(id: number, line: string): void;
  happened(id: number, event: LogEvent): void;
}

/** Runs each server in a process of its own. */
export function launchMembers(
  seats: readonly EnsembleSeat[],
  world: World,
  news: MemberNews,
): readonly EnsembleMember[] {
  return seats.map(({ id, port, configFile }) => {
    const child = world.launch(['server', configFile]);
    child.onLine((line) => {
      const event = eventOf(line);
      if (event === undefined) news.said(id, line);
      else news.happened(id, event);
    });
    const ended = child.ended.then(({ code, signal }) => {
      const reason = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
      return { code: code ?? exitCodes.unexpected, reason };
    });
    return { id, port, pid: child.pid, ended, stop: () => child.stop() };
  });
}

/** Looks at servers of this process in the same way. */
export function ownMembers({ servers }: RunningEnsemble): readonly EnsembleMember[] {
  return servers.map((server, at) => ({
    id: at + 1,
    port: server.port,
    pid: process.pid,
    ended: server.ended,
    stop: () => void server.close(),
  }));
}

function eventOf(line: string): LogEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const event = JSON.parse(line) as Partial<LogEvent>;
    return typeof event.event === 'string' ? (event as LogEvent) : undefined;
  } catch {
    return undefined;
  }
}
