/** What is measured: for each case an order that both sides know. */

export const caseNames = [
  'lock',
  'hand-over 2',
  'hand-over 20',
  'hand-over 200',
  'release 20',
  'release 200',
  'leader closed',
  'leader killed',
  'fan-out 1',
  'fan-out 200',
  'barrier 50',
  'counter 1',
  'counter 10',
] as const;
export type CaseName = (typeof caseNames)[number];

export interface RecipeCase {
  readonly name: CaseName;
  /** For the page. */
  readonly what: string;
  /**
   * The order, and how often it is done in a whole run and in a short one. Absent where the case
   * takes more than one order.
   */
  readonly order?: readonly (string | number)[];
  readonly times: number;
  readonly shortTimes: number;
  /** Whether all that the servers are asked meanwhile belongs to it. */
  readonly countsRequests?: boolean;
}

export const cases: readonly RecipeCase[] = [
  {
    name: 'lock',
    what: 'a lock that nobody else wants: acquired and released',
    ...{ order: ['lock'], times: 300, shortTimes: 20, countsRequests: true },
  },
  ...([2, 20, 200] as const).map((contenders) => ({
    name: `hand-over ${contenders}` as const,
    what: `a lock handed on: from release until the next has it; ${contenders} contenders`,
    ...{ order: ['hand-over', contenders], times: 100, shortTimes: 5 },
  })),
  ...([20, 200] as const).map((contenders) => ({
    name: `release ${contenders}` as const,
    what: `the same, and whoever releases it stays away; ${contenders} contenders at first`,
    ...{ times: 15, shortTimes: 15, countsRequests: true },
  })),
  {
    name: 'leader closed',
    what: 'the leader’s client is closed, until the next of five candidates leads',
    ...{ order: ['resign', 5], times: 20, shortTimes: 2 },
  },
  {
    name: 'leader killed',
    what: 'the leader’s process is killed, until the next leads: its session of 4 s has to end',
    ...{ times: 3, shortTimes: 1 },
  },
  {
    name: 'fan-out 1',
    what: 'a member comes, until the last of 1,000 subscribers of one client knows it',
    ...{ order: ['tell', 1000, 1], times: 30, shortTimes: 3 },
  },
  {
    name: 'fan-out 200',
    what: 'a member comes, until the last of 200 clients with a subscriber each knows it',
    ...{ order: ['tell', 200, 200], times: 30, shortTimes: 3 },
  },
  {
    name: 'barrier 50',
    what: '50 clients enter a double barrier and leave it',
    ...{ order: ['barrier', 50], times: 20, shortTimes: 2, countsRequests: true },
  },
  {
    name: 'counter 1',
    what: 'one client adds to a counter, one after the other',
    ...{ order: ['count', 1], times: 300, shortTimes: 20, countsRequests: true },
  },
  {
    name: 'counter 10',
    what: 'the same while nine others do it too',
    ...{ order: ['count', 10], times: 30, shortTimes: 5, countsRequests: true },
  },
];
