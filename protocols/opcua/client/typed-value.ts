/** What a person typed, as a Variant (Part 6, 5.2.2.16): refused in words where it does not fit. */
import { fromBase64 } from "../../log/base64.ts";
import { TYPE_NAMES } from "../variant.ts";
import { parseNodeId } from "./node-text.ts";
import { Writer } from "./writer.ts";

/** Types that a person can type a value of. */
export const TYPED = [
  ...["Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64"],
  ...["Float", "Double", "String", "DateTime", "Guid", "ByteString", "NodeId", "StatusCode"],
  ...["QualifiedName", "LocalizedText"],
] as const;

export type Typed =
  | { readonly kind: "value"; readonly bytes: Uint8Array; readonly text: string }
  | { readonly kind: "wrong"; readonly because: Wrong };

/** For a sentence: what is expected instead. */
export type Wrong =
  | { readonly kind: "type"; readonly type: string }
  | { readonly kind: "form"; readonly type: string }
  | { readonly kind: "range"; readonly low: string; readonly high: string };

/** Whole numbers by type: bits, signed or not. */
const WHOLE: Readonly<Record<string, readonly [bits: number, signed: boolean]>> = {
  ...{ SByte: [8, true], Byte: [8, false], Int16: [16, true], UInt16: [16, false] },
  ...{ Int32: [32, true], UInt32: [32, false], Int64: [64, true], UInt64: [64, false] },
};

const ARRAY = 0x80;
/** More elements than this nobody types. */
const ELEMENTS_MAX = 1_000;

/**
 * @param type `Double`, or `Double[]` for elements with commas between them
 * @returns a whole Variant
 */
export function typedValue(type: string, text: string): Typed {
  const isArray = type.endsWith("[]");
  const element = isArray ? type.slice(0, -2) : type;
  const number = TYPE_NAMES.indexOf(element as (typeof TYPE_NAMES)[number]);
  if (!(TYPED as readonly string[]).includes(element)) return wrong({ kind: "type", type });
  const writer = new Writer();
  if (!isArray) {
    const problem = put(writer.uint8(number), element, text);
    return problem ? wrong(problem) : { kind: "value", bytes: writer.take(), text: text.trim() };
  }
  const inner = text.trim().replace(/^\[|\]$/g, "");
  const parts = inner.trim() === "" ? [] : inner.split(",");
  if (parts.length > ELEMENTS_MAX) return wrong({ kind: "form", type });
  writer.uint8(number | ARRAY).uint32(parts.length);
  for (const part of parts) {
    const problem = put(writer, element, part.trim());
    if (problem) return wrong(problem);
  }
  return { kind: "value", bytes: writer.take(), text: `[${parts.map((part) => part.trim())}]` };
}

function wrong(because: Wrong): Typed {
  return { kind: "wrong", because };
}

function put(writer: Writer, type: string, text: string): Wrong | undefined {
  const plain = text.trim();
  const whole = WHOLE[type];
  if (whole) return putWhole(writer, type, plain, whole);
  const form: Wrong = { kind: "form", type };
  switch (type) {
    case "Boolean":
      if (!/^(true|false|1|0)$/i.test(plain)) return form;
      writer.boolean(/^(true|1)$/i.test(plain));
      return undefined;
    case "Float":
    case "Double":
      return putReal(writer, type, plain);
    case "String":
      writer.string(text);
      return undefined;
    case "LocalizedText":
      writer.uint8(2).string(text);
      return undefined;
    case "QualifiedName":
      return putName(writer, plain) ? undefined : form;
    case "DateTime":
      return putTime(writer, plain) ? undefined : form;
    default:
      return putBytes(writer, type, plain) ? undefined : form;
  }
}

function putWhole(
  writer: Writer,
  type: string,
  text: string,
  [bits, signed]: readonly [number, boolean],
): Wrong | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return { kind: "form", type };
  const value = BigInt(text.replace("+", ""));
  const size = 1n << BigInt(bits);
  const [low, high] = signed ? [-(size / 2n), size / 2n - 1n] : [0n, size - 1n];
  if (value < low || value > high) return { kind: "range", low: `${low}`, high: `${high}` };
  const unsigned = BigInt.asUintN(64, value);
  for (let byte = 0; byte < bits / 8; byte += 1) {
    writer.uint8(Number((unsigned >> BigInt(byte * 8)) & 0xffn));
  }
  return undefined;
}

/** With a point or a comma; what is no finite number is nothing that a person means. */
function putReal(writer: Writer, type: string, text: string): Wrong | undefined {
  if (!/^[+-]?(\d+(?:[.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?$/i.test(text))
    return { kind: "form", type };
  const value = Number(text.replace(",", "."));
  const stored = type === "Float" ? Math.fround(value) : value;
  if (!Number.isFinite(stored)) return { kind: "range", low: "-3.4e38", high: "3.4e38" };
  if (type === "Float") writer.float(value);
  else writer.double(value);
  return undefined;
}

function putName(writer: Writer, text: string): boolean {
  const found = /^(?:(\d{1,5}):)?(.*)$/s.exec(text);
  const namespace = Number(found?.[1] ?? 0);
  if (!found || namespace > 0xffff) return false;
  writer.qualifiedName(namespace, found[2] ?? "");
  return true;
}

/** `2026-03-01T10:00:00Z`; a time without a zone is UTC. */
function putTime(writer: Writer, text: string): boolean {
  const found = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)Z?)?$/.exec(text);
  const ms = found ? Date.parse(`${found[1]}T${found[2] ?? "00:00"}Z`) : Number.NaN;
  if (Number.isNaN(ms)) return false;
  writer.dateTime(ms);
  return true;
}

function putBytes(writer: Writer, type: string, text: string): boolean {
  if (type === "Guid") {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return false;
    writer.guid(text);
  } else if (type === "StatusCode") {
    if (!/^(0x)?[0-9a-f]{1,8}$/i.test(text)) return false;
    writer.uint32(Number.parseInt(text.replace(/^0x/i, ""), 16));
  } else if (type === "NodeId") {
    const node = parseNodeId(text);
    if (!node) return false;
    writer.nodeId(node);
  } else {
    const bytes = fromBase64(text);
    if (!bytes) return false;
    writer.byteString(bytes);
  }
  return true;
}
