/** Who takes part in a fleet, and where it works. */

export const kinds = ['Curator', 'kazoo', 'Vivarium'] as const;
export type Kind = (typeof kinds)[number];

/** `curator2.1` is the second life of the second program over Curator. */
export function kindOf(participant: string): Kind | undefined {
  return kinds.find((kind) => participant.startsWith(kind.toLowerCase()));
}

/** Where a round happens: what is contended for, and the marks of those who have it. */
export interface Ground {
  readonly folder: string;
  /** The queue, the counter, or the group. */
  readonly site: string;
  readonly marks: string;
}

export function groundOf(round: string): Ground {
  const folder = `/fleet/${round}`;
  return { folder, site: `${folder}/site`, marks: `${folder}/marks` };
}

/** What a mark says: `ours1.0-17-begin`. */
export interface Mark {
  readonly participant: string;
  readonly hold: string;
  readonly says: 'begin' | 'end';
}

/** Undefined for a name that is none of a mark. */
export function markOf(name: string): Mark | undefined {
  const found = /^([a-z]+\d+\.\d+)-(\d+)-(begin|end)$/.exec(name);
  if (found === null) return undefined;
  const [, participant, number, says] = found;
  return {
    participant: participant!,
    hold: `${participant}-${number}`,
    says: says as Mark['says'],
  };
}

/** From whom to whom: `Curator → kazoo`. */
export function pairOf(from: string, to: string): string {
  return `${kindOf(from) ?? from} → ${kindOf(to) ?? to}`;
}

/** All nine. */
export const pairs: readonly string[] = kinds.flatMap((from) =>
  kinds.map((to) => `${from} → ${to}`),
);
