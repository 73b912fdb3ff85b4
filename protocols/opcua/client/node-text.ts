/** NodeIds as text within one session: `ns=2;s=P101.Speed`, `i=85` (Part 6, 5.1.12). */
import { fromBase64 } from "../../log/base64.ts";
import type { NodeId } from "../node-id.ts";

export function nodeIdText({ namespace, id }: NodeId): string {
  return namespace === 0 ? id : `ns=${namespace};${id}`;
}

/** Undefined for what is none. */
export function parseNodeId(text: string): NodeId | undefined {
  const found = /^(?:ns=(\d{1,5});)?([isgb]=.+)$/s.exec(text.trim());
  const namespace = Number(found?.[1] ?? 0);
  const id = found?.[2] ?? "";
  if (namespace > 0xffff || !isIdentifier(id)) return undefined;
  return { namespace, id };
}

function isIdentifier(id: string): boolean {
  const value = id.slice(2);
  switch (id.slice(0, 2)) {
    case "i=":
      return /^\d{1,10}$/.test(value) && Number(value) <= 0xffff_ffff;
    case "s=":
      return value.length <= 4_096;
    case "g=":
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
    case "b=":
      return fromBase64(value) !== undefined;
    default:
      return false;
  }
}
