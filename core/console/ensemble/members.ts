/** The servers of an ensemble, as its configuration names them. */

export interface MemberLine {
  readonly id: number;
  readonly isObserver: boolean;
  /** Where its clients find it, for people to read. */
  readonly address: string;
  /** Its own page, when its line says enough to tell. */
  readonly page: string | undefined;
}

/**
 * Reads the data of `/zookeeper/config`: lines such as
 * `server.1=10.0.0.1:2888:3888:participant;0.0.0.0:2181`. What is no such line is passed over.
 */
export function readMembers(text: string): readonly MemberLine[] {
  const members: MemberLine[] = [];
  for (const line of text.split('\n')) {
    const [, id, rest] = /^server\.(\d+)=(.+)$/.exec(line.trim()) ?? [];
    if (id === undefined || rest === undefined) continue;
    const [quorum = '', client = ''] = rest.split(';');
    const host = /^(\[[^\]]+\]|[^:]+):/.exec(quorum.split('|')[0]!)?.[1] ?? '';
    const [, own = '', port] = /^(?:(.*):)?(\d+)$/.exec(client) ?? [];
    // A server that listens everywhere is found where the others find it.
    const isAnywhere = own === '' || own === '0.0.0.0' || own === '[::]' || own === '::';
    const where = isAnywhere ? host : own;
    members.push({
      id: Number(id),
      isObserver: /:observer$/.test(quorum),
      address: port === undefined ? host : `${where}:${port}`,
      page: port === undefined || where === '' ? undefined : `http://${where}:${port}/#/ensemble`,
    });
  }
  return members.sort((a, b) => a.id - b.id);
}
