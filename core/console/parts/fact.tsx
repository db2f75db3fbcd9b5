import type { ComponentChildren } from 'preact';

interface FactParts {
  readonly name: string;
  readonly children: ComponentChildren;
}

/** One line of a list of facts: what it is called, and what it is. */
export function Fact({ name, children }: FactParts) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd class="numbers">{children}</dd>
    </div>
  );
}
