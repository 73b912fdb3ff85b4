/** The limits of one rule on what it permits or holds: values, step, interlock and rate. */
import type {
  MaskOperation,
  ModbusOperation,
  WriteOperation,
} from "../../protocols/modbus/operation.ts";
import { registerCount } from "../../protocols/modbus/values.ts";
import type { ModbusEndpoint, Tag } from "../plant/model.ts";
import type { Decision, NeedsValues, RateLedger, RegisterRange } from "./decision.ts";
import { durationInWords, valueInWords } from "./point-words.ts";
import { areaOf, firstOf, isWrite, lastOf, tableOf } from "./points.ts";
import { rawValue } from "./raw-value.ts";
import type { IndexedRule } from "./rule-index.ts";
import {
  type boundsOfTags,
  hasValueLimits,
  type Refused,
  ValueLimits,
  type Written,
} from "./value-limits.ts";

interface LimiterInput {
  readonly found: IndexedRule;
  readonly endpoint: ModbusEndpoint;
  readonly subject: string;
  readonly ledger: RateLedger;
  readonly bounds: ReturnType<typeof boundsOfTags>;
}

/** The rule's condition on another tag; without its tag it can never be met. */
interface Interlock {
  readonly name: string;
  readonly tag: Tag | undefined;
  readonly is: number;
}

export class RuleLimiter {
  private readonly rule: IndexedRule["rule"];
  private readonly subject: string;
  private readonly ledger: RateLedger;
  private readonly values: ValueLimits;
  private readonly interlock: Interlock | undefined;

  constructor({ found, endpoint, subject, ledger, bounds }: LimiterInput) {
    this.rule = found.rule;
    this.subject = subject;
    this.ledger = ledger;
    this.values = new ValueLimits(found.rule, found.tags, bounds);
    const condition = found.rule.limits.while;
    if (condition) {
      const tag = endpoint.tags.find(({ name }) => name === condition.tag);
      this.interlock = { name: condition.tag, tag, is: condition.is };
    }
  }

  /** @param verdict what the rule says once its limits are kept */
  judgeWrite(
    operation: WriteOperation | MaskOperation,
    nowMs: number,
    verdict: () => Decision,
  ): Decision | NeedsValues {
    const { unit, table } = operation;
    const [first, last] = [firstOf(operation), lastOf(operation)];
    const concerned = this.values.concern(unit, table, first, last);
    const written = concerned ? writtenBy(operation, undefined) : undefined;
    const wrong = written
      ? this.values.refuse(written)
      : concerned && this.values.refusePart(unit, table, first, last);
    if (wrong) return denied(wrong);
    const needsCurrent = concerned && (written === undefined || this.values.hasStep);
    if (needsCurrent || this.interlock) {
      return this.askValues(operation, needsCurrent, nowMs, verdict);
    }
    return this.counted(operation, nowMs, verdict);
  }

  /** An operation without points or values: diagnostics, files, named vendor functions. */
  judgeDeed(
    operation: ModbusOperation,
    nowMs: number,
    verdict: () => Decision,
  ): Decision | NeedsValues {
    if (hasValueLimits(this.rule.limits)) {
      const reason = "this rule limits values, and this operation has none that could be judged";
      return this.refused(reason);
    }
    if (this.interlock) return this.askValues(operation, false, nowMs, verdict);
    return this.counted(operation, nowMs, verdict);
  }

  private askValues(
    operation: ModbusOperation,
    needsCurrent: boolean,
    nowMs: number,
    verdict: () => Decision,
  ): Decision | NeedsValues {
    const { interlock } = this;
    if (interlock && !interlock.tag) {
      return this.refused(`this rule depends on ${interlock.name}, which is not on this endpoint`);
    }
    const own = needsCurrent ? rangeOf(operation) : undefined;
    const condition = interlock?.tag && rangeOfTag(interlock.tag);
    const ranges = [own, condition].filter((range) => range !== undefined);
    let settled = false;
    const settle = (values: readonly (readonly number[])[]): Decision => {
      if (settled) throw new Error("a decision is settled once");
      settled = true;
      if (!areWhole(values, ranges)) return this.refused("the current values could not be read");
      const wrong =
        this.refuseInterlock(condition && values.at(-1)) ??
        (own && this.refuseChange(operation, values[0] ?? []));
      return wrong ? denied(wrong) : this.counted(operation, nowMs, verdict);
    };
    return { kind: "needs-values", rule: this.rule.name, ranges, settle };
  }

  private refuseInterlock(values: readonly number[] | undefined): Refused | undefined {
    const { interlock } = this;
    if (!interlock?.tag || values === undefined) return undefined;
    const { tag, is } = interlock;
    const now = rawValue(tag, values, 0);
    if (now === is) return undefined;
    const words = `${tag.name} is ${valueInWords(tag, now)}, but must be ${valueInWords(tag, is)}`;
    return { rule: this.rule.name, refusal: "value", reason: words };
  }

  private refuseChange(
    operation: ModbusOperation,
    current: readonly number[],
  ): Refused | undefined {
    const written = isWrite(operation) ? writtenBy(operation, current) : undefined;
    if (!written) return undefined;
    return this.values.refuse(written) ?? this.values.refuseStep(written, current);
  }

  /** The last gate: counts the write, and only if it may pass. Held ones are not counted. */
  private counted(operation: ModbusOperation, nowMs: number, verdict: () => Decision): Decision {
    const { intervalMs, intervalCount = 1 } = this.rule.limits;
    if (intervalMs === undefined || this.rule.verdict !== "permit") return verdict();
    const points = pointsOf(operation, this.subject);
    if (this.ledger.take(points, intervalMs, intervalCount, nowMs)) return verdict();
    const times = intervalCount === 1 ? "once" : `${intervalCount} times`;
    const reason = `too soon: this is allowed ${times} in ${durationInWords(intervalMs)}; try again later`;
    return { kind: "deny", rule: this.rule.name, refusal: "busy", reason };
  }

  private refused(reason: string): Decision {
    return { kind: "deny", rule: this.rule.name, refusal: "value", reason };
  }
}

function denied({ rule, refusal, reason }: Refused): Decision {
  return { kind: "deny", rule, refusal, reason };
}

/**
 * The values that the points will have. A mask depends on the current value, unless it replaces
 * every bit; undefined while that is not known.
 */
function writtenBy(
  operation: WriteOperation | MaskOperation,
  current: readonly number[] | undefined,
): Written | undefined {
  if (operation.action === "modbus:write") return operation;
  const { unit, table, address, and, or } = operation;
  const before = and === 0 ? 0 : current?.[0];
  if (before === undefined) return undefined;
  const result = (before & and) | (or & ~and & 0xffff);
  return { unit, table, address, values: [result] };
}

function rangeOf(operation: ModbusOperation): RegisterRange | undefined {
  const table = tableOf(operation);
  if (table === undefined) return undefined;
  const address = firstOf(operation);
  return { unit: operation.unit, table, address, count: lastOf(operation) - address + 1 };
}

function rangeOfTag(tag: Tag): RegisterRange {
  return {
    unit: tag.unitId,
    table: tag.table,
    address: tag.address,
    count: registerCount(tag.type),
  };
}

function areWhole(
  values: readonly (readonly number[])[],
  ranges: readonly RegisterRange[],
): boolean {
  return (
    values.length === ranges.length && ranges.every(({ count }, n) => values[n]?.length === count)
  );
}

/** What a rate is counted for: each register or coil, or the function where there is none. */
function pointsOf(operation: ModbusOperation, subject: string): readonly string[] {
  const table = tableOf(operation);
  if (table === undefined)
    return [`unit ${operation.unit} function ${operation.function} ${subject}`];
  const area = areaOf(operation.unit, table);
  const points: string[] = [];
  const last = lastOf(operation);
  for (let at = firstOf(operation); at <= last; at++) points.push(`${area} ${at} ${subject}`);
  return points;
}
