/**
 * X2, the judge of a group: when all has come to rest, everybody sees the same members with the
 * same data, and the truth; and whoever has joined is there, with what it showed last.
 */
import type { Membership } from '@vivarium/recipes';
import { demand } from '../../violation.js';
import type { Model } from '../model.js';
import type { Probe } from '../replay.js';
import { placeOf } from './places.js';

const GROUP = placeOf('group');
const decoder = new TextDecoder();

/** What somebody sees: the data of each member. */
export interface GroupView {
  readonly client: string;
  readonly isLive: () => boolean;
  /** As of the newest word. */
  readonly shown: ReadonlyMap<string, unknown>;
}

/** What is known of one who is in the group. */
export interface Joined {
  readonly isLive: () => boolean;
  /** What it has shown last for certain; undefined when that cannot be told. */
  data: unknown;
}

export class MembersJudge {
  readonly views: GroupView[] = [];
  readonly joined = new Map<Membership, Joined>();
  #probe: Probe | undefined;

  /** Everything has come to rest. */
  rest(zxid: bigint): void {
    const shown = this.views
      .filter(({ isLive }) => isLive())
      .map(({ client, shown }) => ({ client, text: textOf(shown) }));
    const joined = [...this.joined].filter(([, { isLive }]) => isLive());
    for (const [{ id, status }] of joined) {
      demand(status === 'joined', 'X2', () => `${id} is in the group, and says ${status}`);
    }
    const look = (model: Model) => {
      const truth = membersIn(model);
      for (const { client, text } of shown) {
        demand(text === textOf(truth), 'X2', () => {
          return `${client} sees the members [${text}], not [${textOf(truth)}]`;
        });
      }
      for (const [{ id }, { data }] of joined) {
        demand(truth.has(id), 'X2', () => `${id} has joined the group and is not in it`);
        const isAsShown = data === undefined || truth.get(id) === data;
        demand(isAsShown, 'X2', () => `${id} shows ${data}, and its node says ${truth.get(id)}`);
      }
    };
    this.#probe = { zxid, look };
  }

  probes(): readonly Probe[] {
    return this.#probe === undefined ? [] : [this.#probe];
  }
}

function membersIn({ nodes }: Model): ReadonlyMap<string, unknown> {
  const ids = nodes.get(GROUP)?.children ?? [];
  const dataOf = (id: string) => nodes.get(`${GROUP}/${id}`)!.data ?? new Uint8Array(0);
  return new Map([...ids].map((id) => [id, JSON.parse(decoder.decode(dataOf(id)))]));
}

function textOf(members: ReadonlyMap<string, unknown>): string {
  const texts = [...members].map(([id, data]) => `${id} ${data}`);
  return texts.sort().join(', ');
}
