/** X2, the judge of a group: when all has come to rest, everybody sees the same, and the truth. */
import type { Member, Membership } from '@vivarium/recipes';
import { demand } from '../violation.js';
import type { Probe } from './replay.js';

export const GROUP = '/sim/group';

export interface GroupView {
  readonly client: string;
  /** The newest that `members$` has shown. */
  shown: ReadonlyMap<string, Member> | undefined;
  readonly isLive: () => boolean;
}

export class GroupJudge {
  readonly views: GroupView[] = [];
  /** Who is in the group, with the test of whether its program lives. */
  readonly members = new Map<Membership, () => boolean>();
  #probe: Probe | undefined;

  /** Everything has come to rest. */
  rest(zxid: bigint): void {
    const shown = this.views.flatMap((view) =>
      view.isLive() ? [{ client: view.client, ids: [...(view.shown?.keys() ?? [])] }] : [],
    );
    const joined: string[] = [];
    for (const [{ id, status }, isLive] of this.members) {
      if (!isLive()) continue;
      demand(status === 'joined', 'X2', () => `${id} is in the group, and says ${status}`);
      joined.push(id);
    }
    this.#probe = {
      zxid,
      look: (model) => {
        const truth = [...(model.nodes.get(GROUP)?.children ?? [])].sort();
        for (const { client, ids } of shown) {
          demand(ids.join() === truth.join(), 'X2', () => {
            return `${client} sees the members [${ids}], not [${truth}]`;
          });
        }
        for (const id of joined) {
          demand(truth.includes(id), 'X2', () => `${id} has joined the group and is not in it`);
        }
      },
    };
  }

  probes(): readonly Probe[] {
    return this.#probe === undefined ? [] : [this.#probe];
  }
}
