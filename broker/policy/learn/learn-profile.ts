/**
 * The narrowest readable profile that would have permitted what was done: rules in the words of
 * the plant file, for a person to read, change and put there.
 */

import type { Operation } from "../../../protocols/guard.ts";
import { isWebOperation } from "../../../protocols/http/operation.ts";
import { isModbusOperation } from "../../../protocols/modbus/operation.ts";
import { isOpcUaOperation } from "../../../protocols/opcua/operation.ts";
import { isRfbOperation } from "../../../protocols/rfb/operation.ts";
import { isSshOperation } from "../../../protocols/ssh/operation.ts";
import type { Endpoint } from "../../plant/model.ts";
import { learnModbus } from "./learn-modbus.ts";
import { learnOpcUa } from "./learn-opcua.ts";
import { learnSsh } from "./learn-ssh.ts";
import { learnVnc } from "./learn-vnc.ts";
import { learnWeb } from "./learn-web.ts";
import type { Learned, LearnedRule, LearnOptions, Seen } from "./learned.ts";

/** @param seen what the session's own tool did and was permitted; the broker's readings left out */
export function learnProfile(
  endpoint: Endpoint,
  seen: readonly Seen[],
  options: LearnOptions,
): Learned {
  const asked = learned(
    endpoint,
    seen.filter(({ held }) => held),
    options,
  );
  const free = learned(
    endpoint,
    seen.filter(({ held }) => !held),
    options,
  );
  // The first match decides: what ever needed a person needs one before it needs none.
  const rules = withOwnNames([...asked.rules.map(withPerson), ...free.rules]);
  const both = free.rules.filter(({ name }) => asked.rules.some((each) => each.name === name));
  const mixed = both.map(
    ({ name }) =>
      `"${name}": done with a person's consent and without; the rule that asks is first`,
  );
  return { rules, notes: [...new Set([...asked.notes, ...free.notes, ...mixed])] };
}

/** Who is asked decides how often. */
function withPerson({ name, permit, every, times, ...limits }: LearnedRule): LearnedRule {
  return { name, ...(permit && { hold: permit }), ...limits };
}

/** Two rules of a profile have two names. */
function withOwnNames(rules: readonly LearnedRule[]): readonly LearnedRule[] {
  const counts = new Map<string, number>();
  return rules.map((rule) => {
    const count = (counts.get(rule.name) ?? 0) + 1;
    counts.set(rule.name, count);
    return count === 1 ? rule : { ...rule, name: `${rule.name} (${count})` };
  });
}

function learned(endpoint: Endpoint, seen: readonly Seen[], options: LearnOptions): Learned {
  switch (endpoint.protocol) {
    case "modbus":
      return learnModbus(endpoint, only(seen, isModbusOperation), options);
    case "ssh":
      return learnSsh(only(seen, isSshOperation), options);
    case "vnc":
      return learnVnc(only(seen, isRfbOperation), options);
    case "opcua":
      return learnOpcUa(endpoint, only(seen, isOpcUaOperation), options);
    case "web":
      return learnWeb(only(seen, isWebOperation), options);
    default:
      return { rules: [], notes: ["what is not decoded cannot be narrowed"] };
  }
}

function only<O extends Operation>(
  seen: readonly Seen[],
  is: (operation: Operation) => operation is O,
): readonly Seen<O>[] {
  return seen.flatMap(({ operation, atMs }) => (is(operation) ? [{ operation, atMs }] : []));
}
