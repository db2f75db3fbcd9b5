/** A server with its data in memory, which tells its own figures. */
import { startEnsemble } from '@vivarium/core/server';
import { rawClient } from './raw-client.js';
import type { TestContext } from './suite.js';

export interface MonitoredServer {
  readonly connectString: string;
  /** The answer to a four-letter word. */
  ask(word: string): Promise<string>;
  /** The numbers of `mntr`, by their names without `zk_`. */
  figures(): Promise<ReadonlyMap<string, number>>;
}

export async function monitoredServer(t: TestContext): Promise<MonitoredServer> {
  const server = await startEnsemble({
    servers: 1,
    memory: true,
    clientPort: 0,
    maxClientCnxns: 0,
    fourLetterWords: ['*'],
    logTo: { write: () => true },
  });
  t.cleanup(() => server.close());
  const { connectString } = server;
  const port = Number(connectString.split(':')[1]);
  const ask = async (word: string) => {
    const asking = await rawClient(t, port);
    asking.send(word);
    return asking.rest();
  };
  const figures = async () => {
    const lines = [...(await ask('mntr')).matchAll(/^zk_(\w+)\t([\d.]+)$/gm)];
    return new Map(lines.map(([, name, value]) => [name!, Number(value)]));
  };
  return { connectString, ask, figures };
}
