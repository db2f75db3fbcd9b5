/** What was seen of a child of a node. */
export interface ChildLook {
  /** `ephemeralOwner` of its Stat. */
  readonly owner: bigint;
  readonly data: Uint8Array;
}

/** What was seen of a node: enough for the recognisers, who ask for nothing by themselves. */
export interface NodeLook {
  readonly path: string;
  /** `ephemeralOwner` of its Stat. */
  readonly owner: bigint;
  /** Undefined as long as it was not read. */
  readonly data: Uint8Array | undefined;
  /** Of all its children. */
  readonly names: readonly string[];
  /** Those children that were looked at, by name. */
  readonly children: ReadonlyMap<string, ChildLook>;
  /** Lists of those children that are folders of a recipe, by name, as far as they were read. */
  readonly folders: ReadonlyMap<string, readonly string[]>;
}
