/** A property that did not hold: its id as in docs/internals/simulator.md, and what happened. */
export class Violation extends Error {
  readonly property: string;

  constructor(property: string, story: string) {
    super(`${property}: ${story}`);
    this.name = 'Violation';
    this.property = property;
  }
}

/** @throws Violation unless it holds; the story is only told when it is needed */
export function demand(holds: boolean, property: string, story: () => string): asserts holds {
  if (!holds) throw new Violation(property, story());
}
