/** Questions that take several requests: all that a node leads to, what a data type is made of. */
import {
  type BrowseResult,
  browseAnswer,
  type DataValue,
  type Reference,
  readAnswer,
} from "../../../protocols/opcua/client/answers.ts";
import { nodeIdText } from "../../../protocols/opcua/client/node-text.ts";
import {
  type Attribute,
  type Browsed,
  browseNextRequest,
  browseRequest,
  readRequest,
} from "../../../protocols/opcua/client/requests.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import { isBad } from "../../../protocols/opcua/status.ts";
import { TYPE_NAMES } from "../../../protocols/opcua/variant.ts";
import { opcuaText } from "../../text/opcua.ts";
import type { Line, Reply } from "./line.ts";

/** References of one answer: quick, and some dozens of kilobytes at most. */
const REFERENCES_AT_ONCE = 500;
/** Below one node; more is no list that anybody reads. */
const REFERENCES_MAX = 5_000;
/** A data type is derived from another one, and so on; real ones have a handful of steps. */
const DERIVED_MAX = 10;

export interface Found {
  readonly references: readonly Reference[];
  /** Why it is not all, in words. */
  readonly problem: string | undefined;
}

export class Questions {
  private readonly line: Line;
  /** Built-in types by the text of the data type's id. */
  private readonly types = new Map<string, string>();

  constructor(line: Line) {
    this.line = line;
  }

  /** A new channel: numbers of namespaces may mean others now. */
  forget(): void {
    this.types.clear();
  }

  read(attributes: readonly Attribute[]): Promise<Reply<readonly DataValue[]>> {
    return this.line.ask(readRequest(attributes), readAnswer);
  }

  async browse(browsed: Browsed): Promise<Found> {
    const references: Reference[] = [];
    let reply = await this.line.ask(browseRequest([browsed], REFERENCES_AT_ONCE), browseAnswer);
    for (;;) {
      const result: BrowseResult | undefined = reply.kind === "done" ? reply.value[0] : undefined;
      if (!result || isBad(result.status)) {
        return { references, problem: problemOf(reply, result?.status) };
      }
      references.push(...result.references);
      if (result.point === undefined) return { references, problem: undefined };
      const isEnough = references.length >= REFERENCES_MAX;
      const next = browseNextRequest([result.point], isEnough);
      reply = await this.line.ask(next, browseAnswer);
      if (isEnough) return { references, problem: opcuaText.tree.tooMany(references.length) };
    }
  }

  /** `Double`, `Int32` …: what values of this data type are made of; undefined where nobody says. */
  async builtIn(dataType: NodeId): Promise<string | undefined> {
    const key = nodeIdText(dataType);
    const known = this.types.get(key);
    if (known !== undefined) return known;
    let at = dataType;
    for (let step = 0; step < DERIVED_MAX; step += 1) {
      const name = ownType(at);
      if (name !== undefined) {
        this.types.set(key, name);
        return name;
      }
      const direction = "inverse" as const;
      const { references } = await this.browse({ node: at, direction, reference: HAS_SUBTYPE });
      const [up] = references;
      if (up === undefined) return undefined;
      at = up.node;
    }
    return undefined;
  }
}

const HAS_SUBTYPE: NodeId = { namespace: 0, id: "i=45" };
const ENUMERATION = 29;
const BUILT_IN_MAX = 25;

/** Of OPC UA's own: the numbers of the built-in types are those of their nodes (Part 6, 5.1.2). */
function ownType({ namespace, id }: NodeId): string | undefined {
  if (namespace !== 0 || !id.startsWith("i=")) return undefined;
  const number = Number(id.slice(2));
  if (number === ENUMERATION) return "Int32";
  return number >= 1 && number <= BUILT_IN_MAX ? TYPE_NAMES[number] : undefined;
}

/** Why there is no answer, in words; the rule first, where the broker refused it. */
export function problemOf(reply: Reply<unknown>, status?: number): string {
  if (reply.kind === "lost") return opcuaText.lost[reply.reason];
  const denied = reply.decisions.find(({ verdict }) => verdict === "deny");
  if (denied) return opcuaText.refusedBy(denied.rule, denied.reason);
  return opcuaText.status(reply.kind === "fault" ? reply.status : (status ?? 0));
}
