/**
 * Memory for many small byte strings: no object for each, so the garbage collector never sees them.
 *
 * Blocks of one size class lie in pages of 64 KiB, pages in chunks of 128 KiB. A page belongs to
 * one class while any of its blocks is in use; an empty page may serve another class, so memory
 * follows a workload whose sizes change. Strings too long for a class have an array of their own.
 */

/** Where a block is; {@link NO_BLOCK} for no bytes at all. Only its slab can read it. */
export type BlockRef = number;
export const NO_BLOCK = -1;

const UNIT_SHIFT = 3;
const CHUNK_SHIFT = 17;
const CHUNK_BYTES = 1 << CHUNK_SHIFT;
const CHUNK_UNITS_SHIFT = CHUNK_SHIFT - UNIT_SHIFT;
const CHUNK_UNITS_MASK = (1 << CHUNK_UNITS_SHIFT) - 1;
const PAGE_SHIFT = 16;
const PAGE_BYTES = 1 << PAGE_SHIFT;
const PAGE_UNITS_SHIFT = PAGE_SHIFT - UNIT_SHIFT;
const PAGES_PER_CHUNK = CHUNK_BYTES / PAGE_BYTES;
const LARGEST_SMALL = 16_384;
const STEPS_PER_DOUBLING = 8;
const NONE = -1;

const classSizes: readonly number[] = sizesOfClasses();
const classOfUnits: Uint8Array = classesByUnits();

export class Slab {
  readonly #chunks: Uint8Array[] = [];
  readonly #large: Uint8Array[] = [];
  readonly #freeLarge: number[] = [];
  /** First page with room of each class; such pages form a list. */
  readonly #roomy: number[] = classSizes.map(() => NONE);
  readonly #emptyPages: number[] = [];
  /* By page: blocks in use, blocks ever carved, first free block, links of the list above. */
  readonly #pageLive: number[] = [];
  readonly #pageCarved: number[] = [];
  readonly #pageFree: number[] = [];
  readonly #pageNext: number[] = [];
  readonly #pagePrevious: number[] = [];

  /** The array that holds a block, which starts at {@link startOf}. */
  bytesOf(ref: BlockRef): Uint8Array {
    if (ref >= 0) return this.#chunks[ref >> CHUNK_UNITS_SHIFT]!;
    return ref === NO_BLOCK ? NO_BYTES : this.#large[-2 - ref]!;
  }

  startOf(ref: BlockRef): number {
    return ref >= 0 ? (ref & CHUNK_UNITS_MASK) << UNIT_SHIFT : 0;
  }

  /** Whether a block of `oldSize` bytes can hold `newSize` without moving. */
  fits(oldSize: number, newSize: number): boolean {
    if (oldSize === newSize) return true;
    if (oldSize > LARGEST_SMALL || newSize > LARGEST_SMALL) return false;
    if (oldSize === 0 || newSize === 0) return false;
    return classOf(oldSize) === classOf(newSize);
  }

  /** A block for `size` bytes, with unspecified content. */
  allocate(size: number): BlockRef {
    if (size === 0) return NO_BLOCK;
    if (size > LARGEST_SMALL) return this.#allocateLarge(size);
    const sizeClass = classOf(size);
    let page = this.#roomy[sizeClass]!;
    if (page === NONE) page = this.#openPage(sizeClass);
    const blockSize = classSizes[sizeClass]!;
    this.#pageLive[page]!++;
    let ref = this.#pageFree[page]!;
    if (ref !== NONE) {
      this.#pageFree[page] = this.#link(ref);
    } else {
      const carved = this.#pageCarved[page]!++;
      ref = (page << PAGE_UNITS_SHIFT) + carved * (blockSize >> UNIT_SHIFT);
    }
    if (this.#isFull(page, blockSize)) this.#unlinkPage(page, sizeClass);
    return ref;
  }

  /** Gives a block back; `size` is what it was allocated for. */
  free(ref: BlockRef, size: number): void {
    if (ref === NO_BLOCK) return;
    if (ref < 0) {
      this.#large[-2 - ref] = NO_BYTES;
      this.#freeLarge.push(-2 - ref);
      return;
    }
    const page = ref >> PAGE_UNITS_SHIFT;
    const sizeClass = classOf(size);
    const wasFull = this.#isFull(page, classSizes[sizeClass]!);
    this.#setLink(ref, this.#pageFree[page]!);
    this.#pageFree[page] = ref;
    const live = --this.#pageLive[page]!;
    if (wasFull) this.#linkPage(page, sizeClass);
    /* The only roomy page of a class stays, or one block that comes and goes would thrash. */
    if (live === 0 && !(this.#roomy[sizeClass] === page && this.#pageNext[page] === NONE)) {
      this.#unlinkPage(page, sizeClass);
      this.#emptyPages.push(page);
    }
  }

  /** Bytes taken from the system. */
  get reservedBytes(): number {
    let bytes = this.#chunks.length * CHUNK_BYTES;
    for (const array of this.#large) bytes += array.length;
    return bytes;
  }

  #allocateLarge(size: number): BlockRef {
    const index = this.#freeLarge.pop() ?? this.#large.length;
    this.#large[index] = new Uint8Array(size);
    return -2 - index;
  }

  #openPage(sizeClass: number): number {
    let page = this.#emptyPages.pop();
    if (page === undefined) {
      const first = this.#chunks.length * PAGES_PER_CHUNK;
      this.#chunks.push(new Uint8Array(CHUNK_BYTES));
      for (let i = 0; i < PAGES_PER_CHUNK; i++) {
        this.#pageLive.push(0);
        this.#pageCarved.push(0);
        this.#pageFree.push(NONE);
        this.#pageNext.push(NONE);
        this.#pagePrevious.push(NONE);
      }
      for (let i = PAGES_PER_CHUNK - 1; i > 0; i--) this.#emptyPages.push(first + i);
      page = first;
    }
    this.#pageLive[page] = 0;
    this.#pageCarved[page] = 0;
    this.#pageFree[page] = NONE;
    this.#linkPage(page, sizeClass);
    return page;
  }

  #isFull(page: number, blockSize: number): boolean {
    return this.#pageFree[page] === NONE && (this.#pageCarved[page]! + 1) * blockSize > PAGE_BYTES;
  }

  #linkPage(page: number, sizeClass: number): void {
    const next = this.#roomy[sizeClass]!;
    this.#pageNext[page] = next;
    this.#pagePrevious[page] = NONE;
    if (next !== NONE) this.#pagePrevious[next] = page;
    this.#roomy[sizeClass] = page;
  }

  #unlinkPage(page: number, sizeClass: number): void {
    const next = this.#pageNext[page]!;
    const previous = this.#pagePrevious[page]!;
    if (next !== NONE) this.#pagePrevious[next] = previous;
    if (previous !== NONE) this.#pageNext[previous] = next;
    else this.#roomy[sizeClass] = next;
  }

  /** A free block's first four bytes say which is the next free one of its page. */
  #link(ref: BlockRef): number {
    const bytes = this.#chunks[ref >> CHUNK_UNITS_SHIFT]!;
    const at = (ref & CHUNK_UNITS_MASK) << UNIT_SHIFT;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  #setLink(ref: BlockRef, next: number): void {
    const bytes = this.#chunks[ref >> CHUNK_UNITS_SHIFT]!;
    const at = (ref & CHUNK_UNITS_MASK) << UNIT_SHIFT;
    bytes[at] = next;
    bytes[at + 1] = next >> 8;
    bytes[at + 2] = next >> 16;
    bytes[at + 3] = next >> 24;
  }
}

const NO_BYTES = new Uint8Array(0);

function classOf(size: number): number {
  return classOfUnits[(size + 7) >> UNIT_SHIFT]!;
}

/** Steps of 8 bytes up to 128, then eight sizes to each doubling: at most an eighth is wasted. */
function sizesOfClasses(): number[] {
  const sizes: number[] = [];
  let step = 8;
  for (let size = step; size <= LARGEST_SMALL; size += step) {
    sizes.push(size);
    if (size === step * 2 * STEPS_PER_DOUBLING) step *= 2;
  }
  return sizes;
}

function classesByUnits(): Uint8Array {
  const classes = new Uint8Array((LARGEST_SMALL >> UNIT_SHIFT) + 1);
  let sizeClass = 0;
  for (let units = 1; units < classes.length; units++) {
    if (units << UNIT_SHIFT > classSizes[sizeClass]!) sizeClass++;
    classes[units] = sizeClass;
  }
  return classes;
}
