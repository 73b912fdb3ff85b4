/** The address space as a tree: browsed where somebody opens it, searched from there on. */
import type { Reference } from "../../../protocols/opcua/client/answers.ts";
import { nodeIdText } from "../../../protocols/opcua/client/node-text.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import { Changes } from "./changes.ts";
import type { Found } from "./reading.ts";

export interface Place {
  /** The way to it, since one node may stand in several places. */
  readonly key: string;
  readonly node: NodeId;
  readonly id: string;
  readonly name: string;
  /** Part 3, 8.30: 1 object, 2 variable, 4 method … */
  readonly nodeClass: number;
  readonly parent: Place | undefined;
  readonly depth: number;
}

export interface Row {
  readonly place: Place;
  readonly isOpen: boolean;
  readonly isLoading: boolean;
  /** Undefined while nobody has looked. */
  readonly count: number | undefined;
  readonly problem: string | undefined;
}

interface Below {
  readonly places: readonly Place[];
  readonly problem: string | undefined;
}

type Browse = (node: NodeId) => Promise<Found>;

const OBJECTS: NodeId = { namespace: 0, id: "i=85" };
const ROOTS: readonly (readonly [string, NodeId])[] = [
  ["Objects", OBJECTS],
  ["Types", { namespace: 0, id: "i=86" }],
  ["Views", { namespace: 0, id: "i=87" }],
];
/** Describes the server itself: nothing of the plant is below it. */
const SERVER = "i=2253";
export const NODE_CLASS = { object: 1, variable: 2, method: 4, view: 128 } as const;

/** Nodes looked at by one search, matches shown, and how deep it goes. */
const SEARCHED_MAX = 5_000;
const MATCHES_MAX = 200;
const SEARCH_DEPTH_MAX = 12;

export interface Search {
  readonly text: string;
  readonly matches: readonly Place[];
  readonly searched: number;
  readonly isOver: boolean;
  /** It stopped before all was looked at. */
  readonly isPart: boolean;
}

export class AddressTree extends Changes {
  private readonly browse: Browse;
  private readonly below = new Map<string, Below>();
  private readonly open = new Set<string>();
  private readonly loading = new Set<string>();
  private readonly roots: readonly Place[];
  private shown: readonly Row[] | undefined;
  private found: Search | undefined;
  private searches = 0;

  constructor(browse: Browse) {
    super();
    this.browse = browse;
    this.roots = ROOTS.map(([name, node]) => ({
      ...{ key: nodeIdText(node), node, id: nodeIdText(node), name },
      ...{ nodeClass: NODE_CLASS.object, parent: undefined, depth: 0 },
    }));
  }

  get rows(): readonly Row[] {
    this.shown ??= this.roots.flatMap((root) => this.rowsFrom(root));
    return this.shown;
  }

  get search(): Search | undefined {
    return this.found;
  }

  /** A new channel: what is open is looked at again. */
  async begin(): Promise<void> {
    this.below.clear();
    this.loading.clear();
    this.stopSearch();
    const [objects] = this.roots;
    if (objects) this.open.add(objects.key);
    this.changed();
    const again = [...this.open].sort((a, b) => a.length - b.length);
    for (const key of again) {
      const place = this.find(key);
      if (place) await this.load(place);
      else this.open.delete(key);
    }
  }

  isOpen(place: Place): boolean {
    return this.open.has(place.key);
  }

  toggle(place: Place): void {
    if (this.open.delete(place.key)) this.changed();
    else this.expand(place);
  }

  expand(place: Place): void {
    this.open.add(place.key);
    this.changed();
    if (!this.below.has(place.key)) void this.load(place);
  }

  /** Looks below it again. */
  async refresh(place: Place): Promise<void> {
    this.open.add(place.key);
    await this.load(place);
  }

  /** Opens the way to it. */
  reveal(place: Place): void {
    for (let up = place.parent; up; up = up.parent) this.open.add(up.key);
    this.changed();
  }

  /** Below all objects but the server's own, nearest first; `changed` with each step. */
  async seek(text: string): Promise<void> {
    const wanted = text.trim().toLowerCase();
    if (wanted === "") return this.stopSearch();
    const number = ++this.searches;
    const matches: Place[] = [];
    const seen = new Set<string>();
    const queue: Place[] = this.roots.slice(0, 1);
    const tell = (isOver: boolean, isPart: boolean) => {
      this.found = { text, matches: [...matches], searched: seen.size, isOver, isPart };
      this.changed();
    };
    tell(false, false);
    for (let at = queue.shift(); at; at = queue.shift()) {
      await this.known(at);
      if (number !== this.searches) return;
      for (const place of this.below.get(at.key)?.places ?? []) {
        if (seen.has(place.id) || place.id === SERVER) continue;
        seen.add(place.id);
        if (isMatch(place, wanted)) matches.push(place);
        if (place.depth < SEARCH_DEPTH_MAX && place.nodeClass !== NODE_CLASS.method) {
          queue.push(place);
        }
      }
      if (matches.length >= MATCHES_MAX || seen.size >= SEARCHED_MAX) return tell(true, true);
      tell(false, false);
    }
    tell(true, false);
  }

  stopSearch(): void {
    this.searches += 1;
    if (this.found === undefined) return;
    this.found = undefined;
    this.changed();
  }

  override changed(): void {
    this.shown = undefined;
    super.changed();
  }

  private async known(place: Place): Promise<void> {
    if (!this.below.has(place.key)) await this.load(place);
  }

  private async load(place: Place): Promise<void> {
    if (this.loading.has(place.key)) return;
    this.loading.add(place.key);
    this.changed();
    const { references, problem } = await this.browse(place.node);
    this.loading.delete(place.key);
    this.below.set(place.key, { places: placesOf(place, references), problem });
    this.changed();
  }

  private rowsFrom(place: Place): readonly Row[] {
    const below = this.below.get(place.key);
    const isOpen = this.open.has(place.key);
    const row: Row = {
      ...{ place, isOpen, isLoading: this.loading.has(place.key) },
      ...{ count: below?.places.length, problem: isOpen ? below?.problem : undefined },
    };
    if (!isOpen || !below) return [row];
    return [row, ...below.places.flatMap((each) => this.rowsFrom(each))];
  }

  private find(key: string): Place | undefined {
    const all = [...this.roots, ...[...this.below.values()].flatMap(({ places }) => places)];
    return all.find((place) => place.key === key);
  }
}

function isMatch({ name, id }: Place, wanted: string): boolean {
  return name.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted);
}

/** Each once, other servers' left out; what is OPC UA's own goes last, and the server's very last. */
function placesOf(parent: Place, references: readonly Reference[]): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { node, displayName, browseName, nodeClass } of references) {
    if (node.server !== 0 || node.uri !== undefined) continue;
    const plain = { namespace: node.namespace, id: node.id };
    const id = nodeIdText(plain);
    const key = `${parent.key}/${id}`;
    const name = displayName || browseName || id;
    places.set(id, { key, node: plain, id, name, nodeClass, parent, depth: parent.depth + 1 });
  }
  const rank = ({ id, node }: Place) => (id === SERVER ? 2 : Number(node.namespace === 0));
  return [...places.values()].sort((a, b) => rank(a) - rank(b));
}
