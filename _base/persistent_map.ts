/**
 * A map that is never changed: to set a value gives a new one, which shares most of its
 * parts with the old one.
 *
 * A context is copied for each task, and mostly never changed; where a program has many
 * variables, a copy of all of them at each `set()` would take n² for n. It is a trie of 32
 * branches over the keys' numbers, of which only the branches in use take room.
 *
 * @module
 */

/** A key: it has a number that no other key has. */
export interface NumberedKey {
  /** @internal */
  readonly _number: number;
}

const BITS = 5;
const MASK = 31;

/** A key with its value, in the place where its number leads to. */
class Leaf<K, V> {
  readonly key: K;
  readonly value: V;

  constructor(key: K, value: V) {
    this.key = key;
    this.value = value;
  }
}

/** Up to 32 branches by five bits of the number; those in use stand side by side. */
class Node<K, V> {
  /** The branches that are in use. */
  readonly used: number;
  readonly branches: readonly (Node<K, V> | Leaf<K, V>)[];

  constructor(used: number, branches: readonly (Node<K, V> | Leaf<K, V>)[]) {
    this.used = used;
    this.branches = branches;
  }
}

/** A map that is never changed. */
export class PersistentMap<K extends NumberedKey, V> {
  readonly #root: Node<K, V>;
  /** How many keys there are. */
  readonly size: number;

  private constructor(root: Node<K, V>, size: number) {
    this.#root = root;
    this.size = size;
  }

  /** Makes an empty map. */
  static empty<K extends NumberedKey, V>(): PersistentMap<K, V> {
    return new PersistentMap(new Node<K, V>(0, []), 0);
  }

  /** Returns the value of a key. */
  get(key: K): V | undefined {
    return this.#find(key)?.value;
  }

  /** Whether there is such a key. */
  has(key: K): boolean {
    return this.#find(key) !== undefined;
  }

  /** Returns a map with a value set. */
  with(key: K, value: V): PersistentMap<K, V> {
    const root = withLeaf(this.#root, new Leaf(key, value), 0);
    return new PersistentMap(root, this.has(key) ? this.size : this.size + 1);
  }

  /** Returns a map without a key. */
  without(key: K): PersistentMap<K, V> {
    if (!this.has(key)) return this;
    const root = withoutKey(this.#root, key, 0) as Node<K, V> | undefined;
    return root === undefined
      ? PersistentMap.empty()
      : new PersistentMap(root, this.size - 1);
  }

  /** Returns the keys with their values, in the order of the numbers. */
  entries(): IterableIterator<[K, V]> {
    return entriesOf(this.#root)
      .sort((a, b) => a.key._number - b.key._number)
      .map(({ key, value }): [K, V] => [key, value])
      .values();
  }

  #find(key: K): Leaf<K, V> | undefined {
    let node = this.#root;
    for (let shift = 0;; shift += BITS) {
      const bit = bitOf(key, shift);
      if ((node.used & bit) === 0) return undefined;
      const branch = node.branches[placeOf(node, bit)]!;
      if (branch instanceof Leaf) {
        return branch.key === key ? branch : undefined;
      }
      node = branch;
    }
  }
}

function withLeaf<K extends NumberedKey, V>(
  node: Node<K, V>,
  leaf: Leaf<K, V>,
  shift: number,
): Node<K, V> {
  const bit = bitOf(leaf.key, shift);
  const place = placeOf(node, bit);
  if ((node.used & bit) === 0) {
    return new Node(node.used | bit, node.branches.toSpliced(place, 0, leaf));
  }
  const branch = node.branches[place]!;
  const grown = branch instanceof Node
    ? withLeaf(branch, leaf, shift + BITS)
    : branch.key === leaf.key
    ? leaf
    : withLeaf(
      new Node(bitOf(branch.key, shift + BITS), [branch]),
      leaf,
      shift + BITS,
    );
  return new Node(node.used, node.branches.with(place, grown));
}

// A node with one leaf becomes that leaf, so that the way to a key stays short.
function withoutKey<K extends NumberedKey, V>(
  node: Node<K, V>,
  key: K,
  shift: number,
): Node<K, V> | Leaf<K, V> | undefined {
  const bit = bitOf(key, shift);
  const place = placeOf(node, bit);
  const branch = node.branches[place]!;
  const left = branch instanceof Node
    ? withoutKey(branch, key, shift + BITS)
    : undefined;
  if (left !== undefined) {
    if (left instanceof Leaf && node.branches.length === 1 && shift > 0) {
      return left;
    }
    return new Node(node.used, node.branches.with(place, left));
  }
  if (node.branches.length === 1) return undefined;
  const branches = node.branches.toSpliced(place, 1);
  const [only] = branches;
  if (branches.length === 1 && only instanceof Leaf && shift > 0) return only;
  return new Node(node.used & ~bit, branches);
}

function entriesOf<K, V>(node: Node<K, V>): Leaf<K, V>[] {
  return node.branches.flatMap((branch) =>
    branch instanceof Leaf ? [branch] : entriesOf(branch)
  );
}

function bitOf(key: NumberedKey, shift: number): number {
  return 1 << ((key._number >>> shift) & MASK);
}

/** How many branches in use stand before one. */
function placeOf(node: Node<unknown, unknown>, bit: number): number {
  let before = node.used & (bit - 1);
  // Counts the bits that are set, two, four and eight at a time.
  before -= (before >>> 1) & 0x55555555;
  before = (before & 0x33333333) + ((before >>> 2) & 0x33333333);
  return (((before + (before >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
