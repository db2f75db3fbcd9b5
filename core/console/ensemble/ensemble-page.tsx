import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { clockText, plural, spanText } from '../format.js';
import { about, client, isConnected, now } from '../link.js';
import { BehindRelay, NothingToTell } from '../parts/away-notices.js';
import { Notice, Strip } from '../parts/notice.js';
import { Chart } from './chart.js';
import { charts } from './charts.js';
import { type History, lagsOf, type Sample, spanOf } from './history.js';
import { Marks } from './marks.js';
import { type Place, placesOf } from './places.js';
import { FiguresTable, PlacesTable } from './tables.js';
import { Topology } from './topology.js';
import {
  heardAt,
  history,
  members,
  missing,
  readConfig,
  type ServerWords,
  watchServer,
  words,
} from './watch-server.js';

/** The servers: who leads, who lags, what happened, and fifteen minutes of figures. */
export function EnsemblePage() {
  const kind = about.value?.kind;
  useEffect(() => {
    if (kind !== 'server') return undefined;
    return watchServer(() => client.value);
  }, [kind]);
  const isUp = isConnected();
  useEffect(() => {
    if (kind === 'server' && isUp) void readConfig(client.value);
  }, [kind, isUp]);
  if (kind === 'relay') return <BehindRelay what="figures" />;
  const said = words.value;
  const known = history.value;
  if (said === undefined) return <NothingToTell why={missing.value} />;
  const isSilent = missing.value?.kind === 'silent';
  const newest = known?.samples.at(-1);
  const places = placesOf(members.value, said, lagsOf(newest), isSilent);
  return (
    <div class="ensemble-page">
      <h1 class="unseen">Ensemble</h1>
      {isSilent && (
        <Strip icon="plug" tone="danger">
          <strong>The server does not answer.</strong> What is shown is of{' '}
          {heardAt.value === undefined ? 'before' : clockText(heardAt.value)}; it goes on by itself.
        </Strip>
      )}
      <Facts said={said} places={places} newest={newest} />
      <div class="ensemble-top">
        <section class="panel" aria-labelledby="servers-title">
          <h2 id="servers-title">Servers</h2>
          <Topology places={places} />
          <p class="hint">
            <Knowledge said={said} places={places} />
          </p>
          <PlacesTable places={places} />
        </section>
        <Marks marks={known?.marks ?? []} />
      </div>
      <Charts known={known} isSilent={isSilent} />
    </div>
  );
}

function Facts({
  said,
  places,
  newest,
}: {
  readonly said: ServerWords;
  readonly places: readonly Place[];
  readonly newest: Sample | undefined;
}) {
  const voters = places.filter(({ isObserver }) => !isObserver).length;
  const epoch = newest?.values.epoch;
  const zxid = newest?.values.zxid;
  return (
    <dl class="tiles">
      <Tile name="This server">
        {said.id === undefined ? said.role : `${said.id}, ${said.role}`}
      </Tile>
      <Tile name="Leader">
        {said.role === 'standalone'
          ? 'none: it stands alone'
          : said.leader === undefined
            ? 'being elected'
            : `server ${said.leader}`}
      </Tile>
      <Tile name="Quorum">
        {said.role === 'standalone' || members.value.length === 0
          ? '–'
          : `${Math.floor(voters / 2) + 1} of ${plural(voters, 'voter', 'voters')}`}
      </Tile>
      <Tile name="Epoch">{typeof epoch === 'number' ? String(epoch) : '–'}</Tile>
      <Tile name="Last zxid">
        <span class="mono">{typeof zxid === 'string' ? zxid : '–'}</span>
      </Tile>
      <Tile name="Phase">{said.phase ?? '–'}</Tile>
      <Tile name="Serving for">
        {said.uptimeMs === undefined ? 'not serving' : spanText(said.uptimeMs)}
      </Tile>
      <Tile name="Version">{said.version ?? '–'}</Tile>
    </dl>
  );
}

function Tile({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="numbers">{children}</dd>
    </div>
  );
}

/** What the server of this page can know of the others: the page asks nobody else. */
function Knowledge({
  said,
  places,
}: {
  readonly said: ServerWords;
  readonly places: readonly Place[];
}) {
  if (said.role === 'standalone') return <>This server stands alone: there are no others.</>;
  const self = said.id === undefined ? 'This server' : `Server ${said.id}`;
  if (said.leader === said.id && said.leader !== undefined) {
    return (
      <>
        {self} leads, so it knows how many transactions each follower has still to acknowledge, as
        of the last five seconds. Figures and events below are its own.
      </>
    );
  }
  const leader = places.find(({ isLeader }) => isLeader);
  if (leader === undefined) {
    return <>{self} knows no leader. What the others do, they know: open the page of another.</>;
  }
  return (
    <>
      {self} knows itself and who leads. How far the others are, the leader knows:{' '}
      {leader.page === undefined ? (
        'open its page.'
      ) : (
        <a href={leader.page}>open the page of server {leader.id}</a>
      )}
      {leader.page !== undefined && '. '} Figures and events below are those of {self}.
    </>
  );
}

function Charts({
  known,
  isSilent,
}: {
  readonly known: History | undefined;
  readonly isSilent: boolean;
}) {
  if (known === undefined || known.samples.length === 0) {
    const why = missing.value;
    return (
      <Notice icon="pulse" title="No figures yet">
        {why?.kind === 'refused' ? (
          <p>{why.words}.</p>
        ) : (
          <p>The server adds a row every five seconds, from its start on.</p>
        )}
      </Notice>
    );
  }
  const last = known.samples.at(-1)!.at;
  // While the server is away time goes on, and the lines move to the left.
  const away = isSilent && heardAt.value !== undefined ? now.value - heardAt.value : 0;
  const parts = { samples: known.samples, intervalMs: known.intervalMs };
  const end = last + Math.max(0, away);
  const span = spanOf(end - known.samples[0]!.at);
  const marks = known.marks.filter(({ at }) => at >= end - span && at <= end);
  return (
    <section aria-labelledby="charts-title">
      <h2 id="charts-title" class="charts-title">
        Last {span / 60_000} minutes
      </h2>
      <div class="charts">
        {charts.map((spec) => (
          <Chart key={spec.title} spec={spec} marks={marks} end={end} span={span} {...parts} />
        ))}
      </div>
      <FiguresTable samples={known.samples} />
    </section>
  );
}
