/**
 * The variables below a node, as rows for the plant file: browsed over the session like everything
 * else, so that the same rules, limits and recording hold. One question after the other.
 */
import type { Reference } from "../../../protocols/opcua/client/answers.ts";
import { nodeIdText } from "../../../protocols/opcua/client/node-text.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import type { Found } from "./reading.ts";

/** Rows that a person looks through; more come from below another node. */
export const VARIABLES_MAX = 1_000;
/** Nodes asked about: some minutes at the rate of a gentle server. */
const ASKED_MAX = 2_000;
const DEPTH_MAX = 10;
const NAME_LENGTH_MAX = 64;
const OBJECT = 1;
const VARIABLE = 2;
/** Part 5, 11.5. */
const HAS_PROPERTY = "i=46";

export interface SurveyParts {
  browse(node: NodeId): Promise<Found>;
  /** With the URI of its namespace, as the plant file names it. */
  nameOf(node: NodeId): string | undefined;
  /** Whether the plant file names it already. */
  isKnown(node: NodeId): boolean;
  /** Called with each step; false ends it. */
  goOn(found: number, asked: number): boolean;
}

export interface SurveyedRow {
  readonly name: string;
  readonly node: string;
}

export interface Surveyed {
  readonly rows: readonly SurveyedRow[];
  /** It ended before all was looked at. */
  readonly isPart: boolean;
  /** What could not be looked into, in words; the first one. */
  readonly problem: string | undefined;
}

interface Start {
  readonly node: NodeId;
  readonly name: string;
  readonly nodeClass: number;
}

interface Step {
  readonly node: NodeId;
  readonly path: readonly string[];
}

/** The node itself too, where it is a variable. */
export async function survey(start: Start, parts: SurveyParts): Promise<Surveyed> {
  const rows = new Map<string, SurveyedRow>();
  const seen = new Set([nodeIdText(start.node)]);
  const names = new Set<string>();
  let [asked, problem]: [number, string | undefined] = [0, undefined];
  const take = (node: NodeId, path: readonly string[]) => {
    const full = parts.nameOf(node);
    if (full === undefined || parts.isKnown(node) || rows.has(full)) return;
    rows.set(full, { name: freshName(tagNameOf(path), names), node: full });
  };
  if (start.nodeClass === VARIABLE) take(start.node, [start.name]);
  const queue: Step[] = [{ node: start.node, path: [] }];
  for (let at = queue.shift(); at; at = queue.shift()) {
    const enough = rows.size >= VARIABLES_MAX || asked >= ASKED_MAX;
    if (enough || !parts.goOn(rows.size, asked))
      return { rows: firstOf(rows), isPart: true, problem };
    asked += 1;
    const found = await parts.browse(at.node);
    problem ??= found.problem;
    for (const each of found.references) {
      const next = stepTo(each, at.path, seen);
      if (!next) continue;
      if (each.nodeClass === VARIABLE) take(next.node, next.path);
      if (next.path.length < DEPTH_MAX) queue.push(next);
    }
  }
  return { rows: firstOf(rows), isPart: false, problem };
}

function firstOf(rows: ReadonlyMap<string, SurveyedRow>): readonly SurveyedRow[] {
  return [...rows.values()].slice(0, VARIABLES_MAX);
}

/** Objects and variables of this server, each once. */
function stepTo(
  reference: Reference,
  path: readonly string[],
  seen: Set<string>,
): Step | undefined {
  const { node, nodeClass, browseName, displayName } = reference;
  // Ranges and units of a variable are properties: they say something of it, and are none.
  if (nodeIdText(reference.reference) === HAS_PROPERTY) return undefined;
  if (node.server !== 0 || node.uri !== undefined) return undefined;
  if (nodeClass !== OBJECT && nodeClass !== VARIABLE) return undefined;
  const plain = { namespace: node.namespace, id: node.id };
  const key = nodeIdText(plain);
  // What is OPC UA's own (types, the server, its diagnostics) is no point of the plant.
  if (seen.has(key) || node.namespace === 0) return undefined;
  seen.add(key);
  return { node: plain, path: [...path, browseName || displayName || node.id] };
}

/** `Pump 1 / Speed` as the name of a tag: `Pump_1.Speed`. */
export function tagNameOf(path: readonly string[]): string {
  const parts = path.map((part) =>
    part.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+|(?<![._-])[._-]+$/g, ""),
  );
  const name = parts.filter((part) => part !== "").join(".");
  const short = name.slice(-NAME_LENGTH_MAX).replace(/^[^A-Za-z0-9]+/, "");
  return short === "" ? "Node" : short;
}

function freshName(name: string, taken: Set<string>): string {
  let fresh = name;
  for (let n = 2; taken.has(fresh); n += 1) {
    fresh = `${name.slice(0, NAME_LENGTH_MAX - String(n).length - 1)}-${n}`;
  }
  taken.add(fresh);
  return fresh;
}

/** As a sheet, for the same import that takes files. */
export function sheetOf(rows: readonly SurveyedRow[]): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return ["name,node", ...rows.map(({ name, node }) => `${quoted(name)},${quoted(node)}`)].join(
    "\n",
  );
}
