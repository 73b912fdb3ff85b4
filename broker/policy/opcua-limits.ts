/** The limits of a rule, and of a tag, on the value that a Write carries. */
import type { RefusalKind } from "../../protocols/guard.ts";
import { ATTRIBUTE_VALUE, type WriteOperation } from "../../protocols/opcua/operation.ts";
import type { Rule, RuleLimits } from "../plant/model.ts";
import type { NodeTag, OpcUaMatch } from "../plant/opcua-model.ts";
import { TAG_BOUNDS } from "./value-limits.ts";

export interface Refused {
  readonly rule: string;
  readonly refusal: RefusalKind;
  readonly reason: string;
}

interface Limited {
  readonly rule: Rule;
  readonly own: OpcUaMatch | undefined;
  readonly tag: NodeTag | undefined;
  /** The node in words. */
  readonly name: string;
}

/** What is wrong with the value itself; undefined where it keeps every limit. */
export function refuseValue(operation: WriteOperation, limited: Limited): Refused | undefined {
  const { rule, own, tag, name } = limited;
  const wrong = (reason: string, by = rule.name): Refused => ({
    ...{ rule: by, refusal: "value", reason },
  });
  if (operation.status !== undefined) {
    return wrong(`${name} would be written with a status of the client's choice`);
  }
  if (own?.types && !own.types.includes(operation.type)) {
    const reason = `${name} may be written as ${own.types.join(" or ")}, not as ${operation.type}`;
    return { rule: rule.name, refusal: "type", reason };
  }
  if (operation.attribute !== ATTRIBUTE_VALUE) return undefined;
  const ofRule = outside(operation, rule.limits, name);
  if (ofRule !== undefined) return wrong(ofRule);
  const ofTag = tag && outside(operation, tag, name);
  return ofTag === undefined ? undefined : wrong(`${ofTag} that holds for everyone`, TAG_BOUNDS);
}

type Bounds = Pick<RuleLimits, "min" | "max" | "values">;

function outside(operation: WriteOperation, bounds: Bounds, name: string): string | undefined {
  const { min, max, values } = bounds;
  if (min === undefined && max === undefined && values === undefined) return undefined;
  const numbers = numbersOf(operation);
  if (numbers === undefined) {
    return `${name} = ${operation.text} is no number that can be compared with the limit`;
  }
  for (const number of numbers) {
    // A comparison with what is no number is false: a bound is kept only where it is true.
    if (max !== undefined && !(number <= max))
      return `${name} = ${number} is above the limit ${max}`;
    if (min !== undefined && !(number >= min))
      return `${name} = ${number} is below the limit ${min}`;
    if (values && !values.includes(number)) {
      return `${name} = ${number} is not one of the allowed values: ${values.join(", ")}`;
    }
  }
  return undefined;
}

/** All numbers that are written; undefined where not everything written is one. */
export function numbersOf({ value, values }: WriteOperation): readonly number[] | undefined {
  if (value !== undefined) return [value];
  return values;
}

/** What is wrong with the change from the current value. */
export function refuseStep(
  operation: WriteOperation,
  current: readonly number[],
  { rule, name }: Limited,
): Refused | undefined {
  const { stepMax } = rule.limits;
  if (stepMax === undefined) return undefined;
  const wrong = (reason: string): Refused => ({ rule: rule.name, refusal: "value", reason });
  const { value } = operation;
  const [now] = current;
  if (value === undefined || now === undefined || current.length !== 1) {
    return wrong(`${name} is no number to step from and to`);
  }
  if (Math.abs(value - now) <= stepMax) return undefined;
  return wrong(`${name} may change by ${stepMax} at most; from ${now} to ${value} is more`);
}
