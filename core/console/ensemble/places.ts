/** What is known of each server and of its link, seen from the one that this page comes from. */
import { countText } from '../format.js';
import type { MemberLine } from './members.js';
import type { ServerWords } from './watch-server.js';

export type LinkTone = 'up' | 'warn' | 'down' | 'unknown';

export interface Place extends MemberLine {
  readonly role: string;
  /** The server that this page comes from. */
  readonly isHere: boolean;
  readonly isLeader: boolean;
  /** How it stands to the leader, in words. */
  readonly link: string;
  readonly tone: LinkTone;
}

type Lags = Readonly<Record<string, number | null>> | undefined;

/** From so many transactions on a server is not merely a moment behind. */
const FAR_BEHIND = 1_000;

/**
 * The leader first, as far as it is known.
 *
 * @param lags of a leader, how far each learner lags
 * @param isSilent whether the server of this page does not answer
 */
export function placesOf(
  members: readonly MemberLine[],
  words: ServerWords,
  lags: Lags,
  isSilent: boolean,
): readonly Place[] {
  const known = members.length > 0 ? members : [alone(words)];
  const places = known.map((member): Place => {
    const isHere = member.id === words.id || known.length === 1;
    const isLeader = member.id === words.leader;
    const [link, tone] = linkOf(member, { isHere, isLeader, words, lags, isSilent });
    const kind = member.isObserver ? 'observer' : isLeader ? 'leader' : 'follower';
    const role = isHere ? (isSilent ? 'no answer' : words.role) : kind;
    return { ...member, isHere, isLeader, link, tone, role };
  });
  return places.sort((a, b) => Number(b.isLeader) - Number(a.isLeader) || a.id - b.id);
}

interface Seen {
  readonly isHere: boolean;
  readonly isLeader: boolean;
  readonly words: ServerWords;
  readonly lags: Lags;
  readonly isSilent: boolean;
}

function linkOf(member: MemberLine, seen: Seen): readonly [string, LinkTone] {
  const { isHere, isLeader, words, lags, isSilent } = seen;
  if (isSilent) return isHere ? ['does not answer', 'down'] : ['not known now', 'unknown'];
  if (isHere && words.role === 'standalone') return ['stands alone', 'up'];
  if (isHere && words.leader === undefined) return ['looks for a leader', 'warn'];
  if (isLeader) return [isHere ? 'leads, and serves this page' : 'leads', 'up'];
  if (lags !== undefined && words.leader === words.id) {
    const lag = lags[String(member.id)];
    if (lag === undefined) return ['not connected to the leader', 'down'];
    if (lag === null) {
      return member.isObserver
        ? ['connected; acknowledges nothing', 'up']
        : ['is brought up to date', 'warn'];
    }
    if (lag === 0) return ['in step', 'up'];
    return [`${countText(lag)} behind`, lag >= FAR_BEHIND ? 'warn' : 'up'];
  }
  if (isHere) return ['follows; serves this page', 'up'];
  return ['its leader knows', 'unknown'];
}

/** A server that stands alone, or whose ensemble could not be read. */
function alone(words: ServerWords): MemberLine {
  const isObserver = words.role === 'observer';
  return { id: words.id ?? 0, isObserver, address: location.host, page: undefined };
}
