/** Bodies of the records that come seldom: everything but messages and verdicts. */
import type { GuardEvent, OperationClass, Side } from "../guard.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { CLASSES, EVENTS, FRAME } from "./codec.ts";
import type { Cursor } from "./cursor.ts";
import type { TapeBody } from "./record.ts";
import type { TextsRead, TextsWritten } from "./texts.ts";

export type RareBody = Exclude<TapeBody, { kind: "bytes" } | { kind: "verdict" }>;

const SIDES: readonly Side[] = ["client", "asset"];
const OWNERS = ["subject", "broker"] as const;

export function writeRare(out: ByteWriter, texts: TextsWritten, body: RareBody): void {
  switch (body.kind) {
    case "event":
      out.varint(body.channel);
      writeEvent(out, body.event);
      texts.write(out, body.cause);
      break;
    case "channel":
      out.varint(body.channel);
      texts.write(out, body.protocol);
      out.byte(OWNERS.indexOf(body.by));
      texts.write(out, body.peer);
      break;
    case "sent":
      out.varint(body.channel);
      out.byte(SIDES.indexOf(body.to));
      out.varint(body.count);
      out.text(body.sha256);
      break;
    case "capabilities":
      writeClasses(out, body.classes);
      texts.write(out, body.cause);
      if (body.basis !== undefined) out.text(body.basis);
      break;
    case "watch":
      texts.write(out, body.subject);
      out.byte(body.joined ? 1 : 0);
      break;
    case "gap":
      out.float64(body.fromMs);
      out.float64(body.untilMs);
      texts.write(out, body.cause);
      break;
    case "end":
      texts.write(out, body.rule);
      texts.write(out, body.reason);
      break;
  }
}

/** Undefined if the kind of frame is none of these. */
export function readRare(kind: number, cursor: Cursor, texts: TextsRead): RareBody | undefined {
  switch (kind) {
    case FRAME.event:
      return readEventBody(cursor, texts);
    case FRAME.channel:
      return {
        kind: "channel",
        channel: cursor.varint(),
        protocol: texts.read(cursor),
        by: cursor.choice(OWNERS) ?? "subject",
        peer: texts.read(cursor),
      };
    case FRAME.sent:
      return {
        kind: "sent",
        channel: cursor.varint(),
        to: cursor.choice(SIDES) ?? "client",
        count: cursor.varint(),
        sha256: cursor.text(),
      };
    case FRAME.capabilities:
      return readCapabilities(cursor, texts);
    case FRAME.watch:
      return { kind: "watch", subject: texts.read(cursor), joined: cursor.byte() !== 0 };
    case FRAME.gap:
      return {
        kind: "gap",
        fromMs: cursor.float64(),
        untilMs: cursor.float64(),
        cause: texts.read(cursor),
      };
    case FRAME.end:
      return { kind: "end", rule: texts.read(cursor), reason: texts.read(cursor) };
    default:
      return undefined;
  }
}

function readCapabilities(cursor: Cursor, texts: TextsRead): RareBody {
  const classes = readClasses(cursor);
  const cause = texts.read(cursor);
  const basis = cursor.left > 0 ? { basis: cursor.text() } : {};
  return { kind: "capabilities", classes, cause, ...basis };
}

function writeEvent(out: ByteWriter, event: GuardEvent): void {
  const send = event.kind === "withheld" ? event.send : undefined;
  out.byte(EVENTS.indexOf(send === undefined ? event.kind : "withheld-send"));
  if (event.kind === "capabilities") writeClasses(out, [...event.capabilities]);
  if (event.kind === "timeout") out.varint(event.request);
  if (event.kind === "withheld") out.varint(event.decision);
  if (send !== undefined) out.varint(send);
  if (event.kind === "half-closed") out.byte(SIDES.indexOf(event.from));
}

function readEventBody(cursor: Cursor, texts: TextsRead): RareBody {
  const channel = cursor.varint();
  const event = readEvent(cursor);
  return { kind: "event", channel, event, cause: texts.read(cursor) };
}

function readEvent(cursor: Cursor): GuardEvent {
  switch (cursor.choice(EVENTS)) {
    case "capabilities":
      return { kind: "capabilities", capabilities: new Set(readClasses(cursor)) };
    case "timeout":
      return { kind: "timeout", request: cursor.varint() };
    case "withheld":
      return { kind: "withheld", decision: cursor.varint() };
    case "withheld-send":
      return { kind: "withheld", decision: cursor.varint(), send: cursor.varint() };
    case "half-closed":
      return { kind: "half-closed", from: cursor.choice(SIDES) ?? "client" };
    default:
      return { kind: "end" };
  }
}

function writeClasses(out: ByteWriter, classes: readonly OperationClass[]): void {
  out.varint(classes.length);
  for (const one of classes) out.byte(CLASSES.indexOf(one));
}

function readClasses(cursor: Cursor): OperationClass[] {
  const classes: OperationClass[] = [];
  for (let left = cursor.count(CLASSES.length); left > 0; left--) {
    classes.push(cursor.choice(CLASSES) ?? "observe");
  }
  return classes;
}
