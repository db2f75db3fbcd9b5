import type { Stat } from '@vivarium/core';
import { type NodeKind, nodeKindOf } from '@vivarium/core/internal/layouts/node-kind';
import type { ComponentChildren } from 'preact';
import { agoText, bytesText, countText, hexText, plural, spanText, timeText } from '../format.js';
import { now } from '../link.js';
import { hashOfSession } from '../route.js';

/** What kind of node it is, as its owner tells. */
export function kindOf({ ephemeralOwner }: Stat): NodeKind {
  return nodeKindOf(ephemeralOwner);
}

/** A node's Stat in words, with ZooKeeper's own names beside them. */
export function StatList({ stat }: { readonly stat: Stat }) {
  const { kind, ttlMs } = kindOf(stat);
  const time = (at: number) =>
    // The root, and what a server makes by itself, has no time.
    at === 0 ? (
      'with the tree'
    ) : (
      <>
        {agoText(at, now.value)} <span class="muted numbers">{timeText(at)}</span>
      </>
    );
  const kinds = {
    persistent: 'Persistent: it stays until somebody deletes it',
    ephemeral: 'Ephemeral: it goes when its session ends',
    container: 'Container: it goes some time after its last child',
    ttl: `It goes when it has no children and nothing changed for ${spanText(ttlMs)}`,
  };
  return (
    <dl class="facts">
      <Fact name="Kind">{kinds[kind]}</Fact>
      {kind === 'ephemeral' && (
        <Fact name="Owner" zk="ephemeralOwner">
          session{' '}
          <a href={hashOfSession(hexText(stat.ephemeralOwner))}>
            <code>{hexText(stat.ephemeralOwner)}</code>
          </a>
        </Fact>
      )}
      <Fact name="Created" zk="ctime, czxid">
        {time(stat.ctime)} <code>{hexText(stat.czxid)}</code>
      </Fact>
      <Fact name="Data changed" zk="mtime, mzxid">
        {stat.version === 0 ? 'never since' : time(stat.mtime)} <code>{hexText(stat.mzxid)}</code>
      </Fact>
      <Fact name="Version" zk="version">
        <span class="numbers">{countText(stat.version)}</span>, the number of changes of its data
      </Fact>
      <Fact name="Size" zk="dataLength">
        {bytesText(stat.dataLength)}
        {stat.dataLength >= 1000 && (
          <span class="muted numbers"> {countText(stat.dataLength)} bytes</span>
        )}
      </Fact>
      <Fact name="Children" zk="numChildren">
        {plural(stat.numChildren, 'child', 'children')}
      </Fact>
      <Fact name="Children changed" zk="cversion, pzxid">
        {plural(stat.cversion, 'time', 'times')} <code>{hexText(stat.pzxid)}</code>
      </Fact>
      <Fact name="ACL changed" zk="aversion">
        {plural(stat.aversion, 'time', 'times')}
      </Fact>
    </dl>
  );
}

function Fact({
  name,
  zk,
  children,
}: {
  readonly name: string;
  readonly zk?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="fact">
      <dt>
        {name} {zk !== undefined && <span class="zk">{zk}</span>}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
