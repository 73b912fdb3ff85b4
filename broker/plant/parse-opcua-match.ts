/** The keys of a rule that only OPC UA has: one mapping, `opcua`. */
import { attributeOf } from "../../protocols/opcua/describe.ts";
import { OPCUA_ACTIONS } from "../../protocols/opcua/operation.ts";
import { TYPE_NAMES } from "../../protocols/opcua/variant.ts";
import { nodeText, oneNode } from "./node-text.ts";
import type { OpcUaMatch } from "./opcua-model.ts";
import { NAME_LENGTH_MAX, RULE_LIST_MAX } from "./plant-limits.ts";
import { distinct, flag, oneOf, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

export function opcUaMatchOf(from: Mapping): OpcUaMatch | undefined {
  const read = from.take("opcua", opcUaMatch);
  if (read?.hide && !from.has("deny")) {
    from.place("opcua").fail('"hide" belongs to a rule that denies');
  }
  return read;
}

/** What showing a node is follows from `hide`; where nodes lie is asked for by the broker itself. */
const OWN: readonly string[] = ["opcua:show", "opcua:locate"];
const DOES = OPCUA_ACTIONS.filter((action) => !OWN.includes(action)).map(shortName);

const TYPES = TYPE_NAMES.flatMap((type) => (type === "Null" ? [] : [type, `${type}[]`]));

const opcUaMatch: Reading<OpcUaMatch> = (value) => {
  const from = Mapping.read(value, "opcua");
  if (!from) return undefined;
  const size = { min: 1, max: RULE_LIST_MAX };
  const does = from.take("does", distinct(oneOf(DOES), size));
  const nodes = from.take("nodes", distinct(nodeText, size));
  const below = from.take("below", distinct(oneNode, size));
  const methods = from.take("methods", distinct(nodeText, size));
  const attributes = from.take("attributes", distinct(attribute, size));
  const types = from.take("types", distinct(oneOf(TYPES), size));
  const hide = from.take("hide", flag);
  from.finish();
  if (hide && !nodes) from.at.fail('say which "nodes" to hide');
  if (hide && below) from.at.fail('hidden nodes are named by "nodes", not by what they lie below');
  return {
    protocol: "opcua",
    ...(does && { actions: does.map((each) => `opcua:${each}`) }),
    ...(nodes && { nodes }),
    ...(below && { below }),
    ...(methods && { methods }),
    ...(attributes && { attributes }),
    ...(types && { types }),
    ...(hide && { hide: true }),
  };
};

/** `history-read` for `opcua:history-read`. */
function shortName(action: string): string {
  return action.replace("opcua:", "");
}

/** By name, as the standard has them: `Value`, `DisplayName`. */
const attribute: Reading<number> = (value) => {
  const read = text(NAME_LENGTH_MAX)(value);
  if (read === undefined) return undefined;
  return attributeOf(read) ?? value.fail(`"${read}" is no attribute; write Value or DisplayName`);
};
