/**
 * Nodes as a plant file names them: by namespace URI and identifier, since an asset may number its
 * namespaces anew at every start.
 */
import { text } from "./yaml-readings.ts";
import type { Reading } from "./yaml-value.ts";

/** Part 3, 8.2.4: 4,096 characters of identifier, and a URI before it. */
const NODE_LENGTH_MAX = 4_600;

/** `nsu=URI;ID`, or `ID` alone for OPC UA's own namespace; the URI holds no `;` (it is %3B). */
const NODE = /^(?:nsu=[^;\s]+;)?(?:i=(?:\d{1,10}|\*)|s=.+|g=[0-9a-f*-]+|b=[A-Za-z0-9+/=*]+)$/s;

export const nodeText: Reading<string> = (value) => {
  const read = text(NODE_LENGTH_MAX)(value);
  if (read === undefined) return undefined;
  if (read.startsWith("ns=")) {
    return value.fail('name the namespace by its URI: "nsu=http://…;s=…"; numbers change');
  }
  if (!NODE.test(read)) {
    return value.fail(`"${read}" is no node; write "nsu=http://…;s=Name" or "i=2258"`);
  }
  return read.replace(OWN, "");
};

/** OPC UA's own namespace is not written. */
const OWN = /^nsu=http:\/\/opcfoundation\.org\/UA\/;/;

/** One node, no pattern. */
export const oneNode: Reading<string> = (value) => {
  const read = nodeText(value);
  if (read === undefined || !/[*?]/.test(identifierOf(read))) return read;
  return value.fail(
    "one node is named here, without a pattern; patterns belong to the nodes of rules",
  );
};

function identifierOf(node: string): string {
  return node.startsWith("nsu=") ? node.slice(node.indexOf(";") + 1) : node;
}
