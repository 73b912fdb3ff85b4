/** What an endpoint of OPC UA adds. */
import type { OpcUaEndpoint, TagState } from "./model.ts";
import { oneNode } from "./node-text.ts";
import { type NodeTag, OPCUA_POLICIES, type OpcUaSecurity } from "./opcua-model.ts";
import { checkReport, tagName } from "./parse-tag.ts";
import { itemsOf, type Sourced } from "./parse-zones.ts";
import {
  HOST_KEYS_MAX,
  PATH_LENGTH_MAX,
  STATES_PER_TAG_MAX,
  TAGS_PER_ENDPOINT_MAX,
  UNIT_LENGTH_MAX,
} from "./plant-limits.ts";
import type { References } from "./references.ts";
import { description, distinct, flag, integer, list, name, number, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

type Added = Pick<OpcUaEndpoint, "security" | "certificates" | "path" | "nodes">;

export function opcUaAdded(from: Mapping, references: References): Added {
  const security = from.need("security", securityOf) ?? { policy: "None", mode: "None" };
  const size = { min: 1, max: HOST_KEYS_MAX };
  const certificates = from.take("certificates", distinct(fingerprint, size)) ?? [];
  const path = from.take("path", pathOf) ?? "";
  const tags = from.take("tags", list(nodeTag(references), { max: TAGS_PER_ENDPOINT_MAX }));
  const nodes = itemsOf(tags ?? []);
  checkDistinct(nodes, from);
  checkReport(nodes, from);
  return { security, certificates, path, nodes };
}

/** `None`, or `Basic256Sha256/SignAndEncrypt`. */
const securityOf: Reading<OpcUaSecurity> = (value) => {
  const read = text(64)(value);
  if (read === undefined) return undefined;
  if (read === "None") return { policy: "None", mode: "None" };
  const [policyName, modeName] = read.split("/");
  const policy = OPCUA_POLICIES.find((each) => each === policyName);
  const mode = (["Sign", "SignAndEncrypt"] as const).find((each) => each === modeName);
  if (policy !== undefined && mode !== undefined) return { policy, mode };
  const known = `${OPCUA_POLICIES.join(", ")}, then /Sign or /SignAndEncrypt`;
  return value.fail(`"${read}" is no security; write None, or one of ${known}`);
};

/** As `openssl x509 -fingerprint -sha256` prints it, with or without colons. */
const fingerprint: Reading<string> = (value) => {
  const read = text(95)(value)?.replaceAll(":", "").toLowerCase();
  if (read === undefined || /^[0-9a-f]{64}$/.test(read)) return read;
  return value.fail("write the SHA-256 of the certificate: 64 hexadecimal digits");
};

const pathOf: Reading<string> = (value) => {
  const read = text(PATH_LENGTH_MAX)(value);
  if (read === undefined || /^\/[\x21-\x7e]*$/.test(read)) return read;
  return value.fail(`"${read}" is no path; it begins with "/", as in "/UA/Server"`);
};

function nodeTag(references: References): Reading<Sourced<NodeTag>> {
  return (value) => {
    const from = Mapping.read(value, "a tag");
    if (!from) return undefined;
    const read = from.need("name", tagName) ?? "";
    if (read !== "") references.define("tag", read, from.place("name"));
    const item: NodeTag = {
      name: read,
      description: from.take("description", description) ?? "",
      node: from.need("node", oneNode) ?? "",
      unit: from.take("unit", text(UNIT_LENGTH_MAX)) ?? "",
      ...bounds(from),
      states: from.take("states", states) ?? [],
      ...(from.take("report", flag) ? { report: true } : {}),
    };
    from.finish();
    return { item, from };
  };
}

function bounds(from: Mapping): Pick<NodeTag, "min" | "max"> {
  const min = from.take("min", number());
  const max = from.take("max", number());
  if (min !== undefined && max !== undefined && min > max) {
    from.place("min").fail(`min ${min} is above max ${max}; exchange them`);
  }
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

const states: Reading<readonly TagState[]> = (value) => {
  const from = Mapping.read(value, "states");
  if (!from) return undefined;
  const entries = from.entries();
  if (entries.length > STATES_PER_TAG_MAX) {
    return value.fail(`${entries.length} states; at most ${STATES_PER_TAG_MAX} are taken`);
  }
  return entries.flatMap(([, key, word]) => {
    const raw = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)(key);
    const read = word.isEmpty ? key.fail("this state has no word") : name(word);
    return raw === undefined || read === undefined ? [] : [{ value: raw, word: read }];
  });
};

/** Two bounds of one node would depend on the order of the file. */
function checkDistinct(nodes: readonly NodeTag[], from: Mapping): void {
  const seen = new Map<string, string>();
  for (const { name: own, node } of nodes) {
    const other = seen.get(node);
    if (other !== undefined) from.place("tags").fail(`"${other}" and "${own}" are one node`);
    seen.set(node, own);
  }
}
