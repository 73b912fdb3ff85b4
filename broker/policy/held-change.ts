/**
 * What a held operation would change, in the words of the plant, and whether the plant has moved
 * away from what the person who agreed was shown. Pure.
 */
import type { Operation } from "../../protocols/guard.ts";
import { isWebOperation } from "../../protocols/http/operation.ts";
import {
  isModbusOperation,
  type MaskOperation,
  type WriteOperation,
} from "../../protocols/modbus/operation.ts";
import { registerCount } from "../../protocols/modbus/values.ts";
import { describeOperation, shortNode } from "../../protocols/opcua/describe.ts";
import {
  ATTRIBUTE_VALUE,
  isOpcUaOperation,
  type OpcUaOperation,
} from "../../protocols/opcua/operation.ts";
import { isRfbOperation } from "../../protocols/rfb/operation.ts";
import { isSshOperation } from "../../protocols/ssh/operation.ts";
import type { RuleLimits, Tag } from "../plant/model.ts";
import type { PointRange } from "./decision.ts";
import { deed, pointsInWords, valueInWords } from "./point-words.ts";
import { isWrite } from "./points.ts";
import { engineering, rawValue } from "./raw-value.ts";
import { sshDeed } from "./ssh-words.ts";
import { lastAddress } from "./tag-span.ts";
import { vncDeed } from "./vnc-words.ts";
import { webDeed } from "./web-words.ts";

/** One tag, or one register or coil that no tag names. */
export interface Change {
  /** `D201.DoseSetpoint`, or `holding register 40021`. */
  readonly point: string;
  /** With unit or word: `1.2 mg/l`; empty where there is nothing to read. */
  readonly now: string;
  readonly asked: string;
}

/** A move larger than this part of the bounds makes an answer void, where no rule says otherwise. */
const DISTANCE_OF_BOUNDS = 0.05;

type Changing = WriteOperation | MaskOperation;

/** The points whose present value matters; undefined where the operation has none. */
export function changedRange(operation: Operation): PointRange | undefined {
  if (isOpcUaOperation(operation)) return changedNode(operation);
  if (!isModbusOperation(operation) || !isWrite(operation)) return undefined;
  const { unit, table, address } = operation;
  const count = operation.action === "modbus:write" ? operation.values.length : 1;
  return { unit, table, address, count };
}

/** @param current raw values of `changedRange`, empty where there is none */
export function changesOf(
  operation: Operation,
  tags: readonly Tag[],
  current: readonly number[],
): readonly Change[] {
  if (isOpcUaOperation(operation)) return [nodeChange(operation, current)];
  if (!isModbusOperation(operation)) return [deedChange(operation)];
  if (!isWrite(operation)) return [{ point: deed(operation, []), now: "", asked: "" }];
  const asked = askedValues(operation, current);
  return partsOf(operation, tags).map(({ tag, at }) =>
    tag
      ? {
          point: tag.name,
          now: valueInWords(tag, rawValue(tag, current, at)),
          asked: valueInWords(tag, rawValue(tag, asked, at)),
        }
      : {
          point: pointsInWords(operation.table, operation.address + at, 1),
          now: String(current[at]),
          asked: String(asked[at]),
        },
  );
}

/** A number that is written over one: its present value can be told and compared. */
function changedNode(operation: OpcUaOperation): PointRange | undefined {
  if (operation.action !== "opcua:write" || operation.value === undefined) return undefined;
  const whole = operation.attribute === ATTRIBUTE_VALUE && operation.range === undefined;
  return whole ? { node: operation.node } : undefined;
}

function nodeMoved(
  operation: OpcUaOperation,
  { min, max, holdDistance }: RuleLimits,
  shown: readonly number[],
  now: readonly number[],
): string | undefined {
  if (changedNode(operation) === undefined || operation.action !== "opcua:write") return undefined;
  const [was = Number.NaN] = shown;
  const [is = Number.NaN] = now;
  const bounded = min === undefined || max === undefined ? 0 : (max - min) * DISTANCE_OF_BOUNDS;
  if (Math.abs(is - was) <= (holdDistance ?? bounded)) return undefined;
  return `${shortNode(operation.node)} moved from ${was} to ${is}`;
}

function nodeChange(operation: OpcUaOperation, [now]: readonly number[]): Change {
  if (operation.action !== "opcua:write") {
    return { point: describeOperation(operation), now: "", asked: "" };
  }
  const point = shortNode(operation.node);
  return { point, now: now === undefined ? "" : String(now), asked: operation.text };
}

/** What writes no point is told in words, whole: who agrees sees no more of it than these. */
function deedChange(operation: Operation): Change {
  const size = isSshOperation(operation) && "size" in operation ? operation.size : undefined;
  const asked = size === undefined ? "" : `${size} bytes`;
  return { point: wholeDeed(operation).replace(SHAPELESS, "␦"), now: "", asked };
}

function wholeDeed(operation: Operation): string {
  const all = Number.POSITIVE_INFINITY;
  if (isSshOperation(operation)) return sshDeed(operation, all);
  if (isWebOperation(operation)) return webDeed(operation, all);
  return isRfbOperation(operation) ? vncDeed(operation) : operation.action;
}

/** What would be seen as nothing, or turn a line about. */
const SHAPELESS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A sentence if what was shown is not what is there now; undefined if it is near enough. */
export function movedTooFar(
  operation: Operation,
  tags: readonly Tag[],
  limits: RuleLimits,
  values: { readonly shown: readonly number[]; readonly now: readonly number[] },
): string | undefined {
  if (isOpcUaOperation(operation)) return nodeMoved(operation, limits, values.shown, values.now);
  if (!isModbusOperation(operation) || !isWrite(operation)) return undefined;
  for (const { tag, at } of partsOf(operation, tags)) {
    if (tag) {
      const [was, is] = [rawValue(tag, values.shown, at), rawValue(tag, values.now, at)];
      const moved = Math.abs(engineering(tag, is) - engineering(tag, was));
      if (moved <= distanceOf(tag, limits)) continue;
      return `${tag.name} moved from ${valueInWords(tag, was)} to ${valueInWords(tag, is)}`;
    }
    const [was, is] = [values.shown[at], values.now[at]];
    if (was !== is) {
      const point = pointsInWords(operation.table, operation.address + at, 1);
      return `${point} moved from ${was} to ${is}`;
    }
  }
  return undefined;
}

/** Without bounds no move is known to be small. */
function distanceOf(tag: Tag, limits: RuleLimits): number {
  const said = tag.holdDistance ?? limits.holdDistance;
  if (said !== undefined) return said;
  const min = limits.min ?? tag.min;
  const max = limits.max ?? tag.max;
  return min === undefined || max === undefined ? 0 : (max - min) * DISTANCE_OF_BOUNDS;
}

function askedValues(operation: Changing, current: readonly number[]): readonly number[] {
  if (operation.action === "modbus:write") return operation.values;
  const { and, or } = operation;
  return current.slice(0, 1).map((now) => (now & and) | (or & ~and & 0xffff));
}

interface Part {
  readonly tag?: Tag;
  /** Of its first point, from the operation's. */
  readonly at: number;
}

/** Tags that the operation writes whole, and every other point alone. */
function partsOf(operation: Changing, tags: readonly Tag[]): readonly Part[] {
  const { unit, table, address } = operation;
  const count = operation.action === "modbus:write" ? operation.values.length : 1;
  const parts: Part[] = [];
  for (let at = 0; at < count; ) {
    const tag = tags.find(
      (each) =>
        each.unitId === unit &&
        each.table === table &&
        each.address === address + at &&
        lastAddress(each) < address + count,
    );
    parts.push(tag ? { tag, at } : { at });
    at += tag ? registerCount(tag.type) : 1;
  }
  return parts;
}
