/**
 * Where nodes lie, and which ids are one method: asked of the asset before what is done to them is
 * judged, so that a rule can speak of all that lies below a node, and a method has no second name.
 *
 *     node     -> the nodes that hold it, up to Objects        (inverse hierarchical references)
 *     object   -> its type and that type's types -> methods of one name are one method (Part 3, 5.5)
 *
 * What the asset does not tell stays unknown, and rules that refuse or hold count the unknown in.
 */
import type { BrowseResult } from "./client/answers.ts";
import { type Browsed, browseRequest, type Request } from "./client/requests.ts";
import type { Namespaces, NodeId } from "./node-id.ts";
import { joinedNodes } from "./nodes-in.ts";
import type { CallOperation, OpcUaOperation } from "./operation.ts";
import { asFileOperation } from "./operations.ts";

/** One question to the asset. */
export interface Asking {
  /** What it is about, for people: the first node, and how many there are. */
  readonly node: string;
  readonly count: number;
  readonly request: Request;
  /** One for each node asked about; undefined where the asset did not say. */
  done(results: readonly BrowseResult[] | undefined): void;
}

/** Servers bound the nodes of a Browse; this many all of them take. */
const NODES_AT_ONCE = 100;
/** Questions for one request of the client; what is still unknown then stays unknown. */
const ASKED_MAX = 300;
/** A node in more places than that is none that a rule can speak of. */
const PARENTS_MAX = 32;
/** Beyond it everything is asked anew. */
const KEPT_MAX = 50_000;
/** A type with more types above it is a loop. */
const TYPES_MAX = 32;

const HAS_TYPE_DEFINITION: NodeId = { namespace: 0, id: "i=40" };
const HAS_SUBTYPE: NodeId = { namespace: 0, id: "i=45" };
const HAS_COMPONENT: NodeId = { namespace: 0, id: "i=47" };
const METHOD_CLASS = 4;
/** Root and Objects: nothing that a rule could name lies above. */
const TOP: ReadonlySet<string> = new Set(["i=84", "i=85"]);

type Place = Pick<CallOperation, "within" | "unplaced">;

/** Ids of one method, each with all of them. */
type Methods = ReadonlyMap<string, readonly string[]>;

export class Places {
  private readonly roots: ReadonlySet<string>;
  private namespaces: Namespaces | undefined;
  /** Undefined as a value: the asset did not tell. */
  private readonly parents = new Map<string, readonly string[] | undefined>();
  private readonly methods = new Map<string, Methods | undefined>();
  private readonly nodesWanted = new Set<string>();
  private readonly objectsWanted = new Set<string>();
  private walk: MethodWalk | undefined;
  private asked = 0;

  /** @param roots nodes of whose contents rules speak */
  constructor(roots: readonly string[]) {
    this.roots = new Set(roots);
  }

  /** Something must be asked before what was looked at can be judged. */
  get isWanting(): boolean {
    return this.nodesWanted.size + this.objectsWanted.size > 0 || this.walk !== undefined;
  }

  /** With what is known of its place; what is not known yet is wanted. */
  placed(operation: OpcUaOperation): OpcUaOperation {
    const place = "node" in operation && operation.node ? this.placeOf(operation.node) : undefined;
    const { action } = operation;
    if (action !== "opcua:call") return place ? { ...operation, ...place } : operation;
    const called = { ...operation, ...place, ...this.methodOf(operation.node, operation.method) };
    return asFileOperation(called) ?? called;
  }

  /** The next question; undefined once everything that was wanted is known, or never will be. */
  next(namespaces: Namespaces): Asking | undefined {
    this.namespaces = namespaces;
    if (this.asked >= ASKED_MAX) this.giveUp();
    const asking = this.nextParents(namespaces) ?? this.nextMethods(namespaces);
    this.asked = asking ? this.asked + 1 : 0;
    return asking;
  }

  /** The asset may have been changed since. */
  clear(): void {
    this.parents.clear();
    this.methods.clear();
    this.nodesWanted.clear();
    this.objectsWanted.clear();
    this.walk = undefined;
    this.asked = 0;
  }

  private placeOf(node: string): Place | undefined {
    if (this.roots.size === 0) return undefined;
    const found: string[] = [];
    const seen = new Set([node]);
    let unplaced = false;
    for (const each of seen) {
      if (this.roots.has(each)) found.push(each);
      if (TOP.has(each)) continue;
      const parents = this.parents.get(each);
      if (parents) for (const parent of parents) seen.add(parent);
      else if (this.parents.has(each)) unplaced = true;
      else this.nodesWanted.add(each);
    }
    if (found.length === 0 && !unplaced) return undefined;
    const within = found.length > 0 && { within: joinedNodes(found) };
    return { ...within, ...(unplaced && { unplaced: true }) };
  }

  private methodOf(object: string, method: string): Pick<CallOperation, "same" | "unresolved"> {
    const known = this.methods.get(object);
    if (known === undefined && !this.methods.has(object)) this.objectsWanted.add(object);
    const all = known?.get(method);
    if (all === undefined) return { unresolved: true };
    const others = all.filter((each) => each !== method);
    return others.length > 0 ? { same: joinedNodes(others) } : {};
  }

  private nextParents(namespaces: Namespaces): Asking | undefined {
    const nodes: string[] = [];
    const browsed: Browsed[] = [];
    for (const node of this.nodesWanted) {
      if (nodes.length === NODES_AT_ONCE) break;
      this.nodesWanted.delete(node);
      const id = namespaces.idOf(node);
      if (id === undefined) this.parents.set(node, undefined);
      else if (!this.parents.has(node)) {
        nodes.push(node);
        browsed.push({ node: id, direction: "inverse" });
      }
    }
    const [node] = nodes;
    if (node === undefined) return undefined;
    const done = (results: readonly BrowseResult[] | undefined) => {
      nodes.forEach((each, at) => {
        this.learnParents(each, results?.[at]);
      });
    };
    return { node, count: nodes.length, request: browseRequest(browsed, 0), done };
  }

  private learnParents(node: string, result: BrowseResult | undefined): void {
    if (this.parents.size >= KEPT_MAX) this.parents.clear();
    const names = this.namesIn(result);
    this.parents.set(node, names && names.length <= PARENTS_MAX ? names : undefined);
    for (const parent of names ?? []) {
      if (!TOP.has(parent) && !this.parents.has(parent)) this.nodesWanted.add(parent);
    }
  }

  private nextMethods(namespaces: Namespaces): Asking | undefined {
    if (!this.walk) {
      const [object] = this.objectsWanted;
      if (object === undefined) return undefined;
      this.objectsWanted.delete(object);
      this.walk = { object, at: object, types: 0, byName: new Map() };
    }
    const { walk } = this;
    const node = namespaces.idOf(walk.at);
    if (node === undefined || walk.types > TYPES_MAX) {
      this.endWalk(undefined);
      return this.nextMethods(namespaces);
    }
    const above: Browsed =
      walk.types === 0
        ? { node, direction: "forward", reference: HAS_TYPE_DEFINITION }
        : { node, direction: "inverse", reference: HAS_SUBTYPE };
    const own: Browsed = { node, direction: "forward", reference: HAS_COMPONENT };
    const done = (results: readonly BrowseResult[] | undefined) => this.learnMethods(walk, results);
    return { node: walk.at, count: 1, request: browseRequest([above, own], 0), done };
  }

  private learnMethods(walk: MethodWalk, results: readonly BrowseResult[] | undefined): void {
    const types = this.namesIn(results?.[0]);
    const methods = results?.[1];
    const names = this.namesIn(methods);
    if (!types || !names || types.length > 1 || !methods) return void this.endWalk(undefined);
    for (const { node, browseName, nodeClass } of methods.references) {
      const name = nodeClass === METHOD_CLASS ? this.namespaces?.name(node) : undefined;
      if (name === undefined) continue;
      const known = walk.byName.get(browseName);
      if (known) known.add(name);
      else walk.byName.set(browseName, new Set([name]));
    }
    const [type] = types;
    if (type === undefined) return void this.endWalk(groupsIn(walk));
    walk.at = type;
    walk.types += 1;
  }

  private endWalk(methods: Methods | undefined): void {
    if (this.methods.size >= KEPT_MAX) this.methods.clear();
    if (this.walk) this.methods.set(this.walk.object, methods);
    this.walk = undefined;
  }

  /** Undefined where the asset did not tell all. */
  private namesIn(result: BrowseResult | undefined): readonly string[] | undefined {
    if (!result || result.status >= BAD || result.point) return undefined;
    const names = result.references.flatMap(({ node }) => this.namespaces?.name(node) ?? []);
    return names.length === result.references.length ? names : undefined;
  }

  private giveUp(): void {
    for (const node of this.nodesWanted) this.parents.set(node, undefined);
    this.nodesWanted.clear();
    this.endWalk(undefined);
    for (const object of this.objectsWanted) this.methods.set(object, undefined);
    this.objectsWanted.clear();
  }
}

interface MethodWalk {
  readonly object: string;
  at: string;
  types: number;
  readonly byName: Map<string, Set<string>>;
}

const BAD = 0x8000_0000;

function groupsIn({ byName }: MethodWalk): Methods {
  const groups = new Map<string, readonly string[]>();
  for (const ids of byName.values()) {
    const all = [...ids];
    for (const id of all) groups.set(id, all);
  }
  return groups;
}
