import { useRef } from 'preact/hooks';
import { agoText, countText, hexText, timeText } from '../format.js';
import { now } from '../link.js';
import { visibleName } from '../paths.js';
import { hashOfNode, hashOfSession } from '../route.js';
import { Flash } from './flash.js';
import type { PartGroup, PartRow } from './view.js';

/** What comes later than this after the first look has come while somebody looked. */
const SETTLED_MS = 1_500;

/** Those who take part in a recipe, one under the other. */
export function PartList({ group }: { readonly group: PartGroup }) {
  const { title, rows, count, none } = group;
  const began = useRef(performance.now());
  const isSettled = performance.now() - began.current > SETTLED_MS;
  return (
    <section class="part-group" aria-label={title}>
      <h3>
        {title} <span class="count numbers">{countText(count)}</span>
      </h3>
      {rows.length === 0 ? (
        <p class="verdict">{none}</p>
      ) : (
        <ol class={`parts ${rows[0]!.place === undefined ? 'unordered' : ''}`}>
          {rows.map((row) => (
            <Part key={row.path} row={row} isNew={isSettled} />
          ))}
        </ol>
      )}
      {count > rows.length && (
        <p class="verdict numbers">and {countText(count - rows.length)} more behind them</p>
      )}
    </section>
  );
}

function Part({ row, isNew }: { readonly row: PartRow; readonly isNew: boolean }) {
  const { path, name, place, role, tone, who, notes, token, session, since, library } = row;
  const isNamed = who === visibleName(name);
  return (
    <li class={`part ${tone}`}>
      <Flash of={`${role} ${row.changedAt} ${who}`} isNew={isNew} />
      <span class="place numbers" aria-hidden="true">
        {place}
      </span>
      <span class="role">{role}</span>
      <div class="part-body">
        <p class="part-who">
          {who === '' ? (
            <span class="muted">no data</span>
          ) : (
            <strong class="mono">
              {isNamed ? (
                <a href={hashOfNode(path)} title={`${path} in the tree`}>
                  {who}
                </a>
              ) : (
                who
              )}
            </strong>
          )}
          {notes.map((note) => (
            <span key={note} class="note">
              {note}
            </span>
          ))}
        </p>
        <p class="part-meta numbers">
          {token !== undefined && (
            <span title={`zxid ${hexText(token)}`}>
              fencing token <code>{String(token)}</code>
            </span>
          )}
          {session !== undefined && (
            <span>
              session <a href={hashOfSession(hexText(session))}>{hexText(session)}</a>
            </span>
          )}
          {since !== undefined && since > 0 && (
            <span title={timeText(since)}>
              {row.did} {agoText(since, now.value)}
            </span>
          )}
          {library !== undefined && <span>{library}</span>}
        </p>
        {!isNamed && (
          <a class="part-node mono" href={hashOfNode(path)} title={`${path} in the tree`}>
            {visibleName(name)}
          </a>
        )}
      </div>
    </li>
  );
}
