/** Decisions that every protocol words alike. */
import type { Capabilities, Operation, RefusalKind } from "../../protocols/guard.ts";
import type { Decision } from "./decision.ts";
import { classInWords } from "./point-words.ts";

/** Names that stand for a rule where no rule of the profile decided. */
export const CAPABILITIES = "capabilities";
export const DEFAULT_DENY = "default-deny";

export function withoutCapability(operation: Operation, capabilities: Capabilities): Decision {
  const held = [...capabilities].map(classInWords).join(", ");
  const now = held === "" ? "nothing at all" : `only ${held}`;
  const reason = `this session may not ${classInWords(operation.class)} now; it may ${now}`;
  return deny(CAPABILITIES, "operation", reason);
}

export function deny(rule: string, refusal: RefusalKind, reason: string): Decision {
  return { kind: "deny", rule, refusal, reason };
}
