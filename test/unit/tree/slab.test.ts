import { NO_BLOCK, Slab } from '@vivarium/core/internal/tree/slab';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from './random.js';

interface Block {
  readonly ref: number;
  readonly size: number;
  readonly mark: number;
}

function fill(slab: Slab, size: number, mark: number): Block {
  const ref = slab.allocate(size);
  slab.bytesOf(ref).fill(mark, slab.startOf(ref), slab.startOf(ref) + size);
  return { ref, size, mark };
}

function holds(slab: Slab, block: Block): boolean {
  const start = slab.startOf(block.ref);
  const bytes = slab.bytesOf(block.ref).subarray(start, start + block.size);
  return bytes.length === block.size && bytes.every((byte) => byte === block.mark);
}

suite('slab', (test) => {
  test('blocks of every size keep their bytes while others come and go', () => {
    const random = new Random(1);
    const slab = new Slab();
    const blocks: Block[] = [];
    for (let i = 0; i < 20_000; i++) {
      if (blocks.length > 0 && random.chance(45)) {
        const at = random.below(blocks.length);
        const [block] = blocks.splice(at, 1);
        assert.ok(holds(slab, block!), `block of ${block!.size} bytes was overwritten`);
        slab.free(block!.ref, block!.size);
      } else {
        const size = 1 + random.below(random.chance(2) ? 40_000 : random.chance(20) ? 3000 : 150);
        blocks.push(fill(slab, size, random.below(256)));
      }
    }
    for (const block of blocks) assert.ok(holds(slab, block));
  });

  test('memory of blocks that were freed serves blocks of other sizes', () => {
    const slab = new Slab();
    for (let size = 24; size < 2000; size += 100) {
      const blocks: Block[] = [];
      for (let i = 0; i < 2_000_000 / size; i++) blocks.push(fill(slab, size, 1));
      for (const block of blocks) slab.free(block.ref, block.size);
    }
    assert.ok(slab.reservedBytes < 5_000_000, `${slab.reservedBytes} bytes are held`);
  });

  test('a block that comes and goes in a full class takes no new page each time', () => {
    const slab = new Slab();
    const first = slab.allocate(16_000);
    slab.free(first, 16_000);
    assert.is(slab.allocate(16_000), first);
  });

  test('a block freed in a full page is used again before any new one', () => {
    const slab = new Slab();
    const refs: number[] = [];
    while (slab.reservedBytes < 2 ** 21) refs.push(slab.allocate(1000));
    const freed = refs.filter((_, at) => at % 5 === 0);
    for (const ref of freed) slab.free(ref, 1000);
    const before = slab.reservedBytes;
    const again = freed.map(() => slab.allocate(1000));
    assert.equal([...new Set(again)].length, freed.length);
    const old = new Set(refs);
    assert.ok(again.filter((ref) => old.has(ref)).length > freed.length - 66);
    assert.is(slab.reservedBytes, before);
  });

  test('no bytes need no block', () => {
    const slab = new Slab();
    assert.is(slab.allocate(0), NO_BLOCK);
    slab.free(NO_BLOCK, 0);
    assert.is(slab.bytesOf(NO_BLOCK).length, 0);
    assert.is(slab.reservedBytes, 0);
  });

  test('a block holds another size of its class, and no other', () => {
    const slab = new Slab();
    assert.ok(slab.fits(97, 104));
    assert.not(slab.fits(97, 105));
    assert.not(slab.fits(0, 1));
    assert.ok(slab.fits(20_000, 20_000));
    assert.not(slab.fits(20_000, 20_001));
  });
});
