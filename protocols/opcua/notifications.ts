/**
 * What a subscription delivers (Part 4, 7.20 and 7.21). Read only where something must be left
 * out: as long as all items of a subscription are permitted, it passes as it is.
 */
import {
  array,
  type Range,
  type Read,
  readDateTime,
  readExtensionObject,
  skipDiagnosticInfo,
  struct,
  uint32,
} from "./built-in.ts";
import { type Part, put32, written } from "./parts.ts";
import type { Reader } from "./reader.ts";
import { within } from "./structures.ts";
import { skipDataValue, skipVariant } from "./variant.ts";

export interface Entry extends Range {
  readonly clientHandle: number;
}

/** One ExtensionObject of a message. */
interface Notification extends Range {
  /** From its type to its body. */
  readonly head: Range;
  /** Values or events, each with the client's own number; undefined where it has none. */
  readonly entries: readonly Entry[] | undefined;
  /** DataChangeNotification has diagnostics behind its values. */
  readonly diagnosed: boolean;
}

export interface NotificationMessage {
  /** The array of notifications, its count included. */
  readonly data: Range;
  readonly notifications: readonly Notification[];
}

const DATA_CHANGE = 811;
const EVENTS = 916;
const STATUS_CHANGE = 820;
/** The client's number, before what it stands for. */
const HANDLE_LENGTH = 4;
/** Encoding byte and length of an ExtensionObject. */
const BODY_HEAD = 5;

export const notificationMessage: Read<NotificationMessage> = (r) => {
  uint32(r);
  readDateTime(r);
  const start = r.at;
  const notifications = array(notification)(r);
  return { data: { start, end: r.at }, notifications };
};

function notification(r: Reader): Notification {
  const start = r.at;
  const object = readExtensionObject(r);
  const head = { start, end: Math.max(start, object.start - BODY_HEAD) };
  const place = { start, end: r.at, head };
  const { type } = object;
  if (object.encoding !== "binary" || type === undefined) r.fail("an unknown notification");
  if (type === DATA_CHANGE) {
    return { ...place, entries: within(r, object, dataChange), diagnosed: true };
  }
  if (type === EVENTS) return { ...place, entries: within(r, object, events), diagnosed: false };
  if (type === STATUS_CHANGE) within(r, object, statusChange);
  else r.fail(`a notification of type ${object.typeText}`);
  return { ...place, entries: undefined, diagnosed: false };
}

const entries = (rest: Read<unknown>) =>
  array((r): Entry => {
    const start = r.at;
    const clientHandle = uint32(r);
    rest(r);
    return { clientHandle, start, end: r.at };
  });

const values = entries(skipDataValue);
const events = entries(array(skipVariant));
const diagnostics = array(skipDiagnosticInfo);
const statusChange = struct({ status: uint32, diagnostics: skipDiagnosticInfo });

const dataChange: Read<readonly Entry[]> = (r) => {
  const read = values(r);
  diagnostics(r);
  return read;
};

/** The values of a whole PublishResponse, behind its header. */
export function deliveredValues(r: Reader): {
  readonly subscription: number;
  readonly values: readonly Entry[];
} {
  const subscription = uint32(r);
  array(uint32)(r);
  r.boolean();
  const { notifications } = notificationMessage(r);
  array(uint32)(r);
  diagnostics(r);
  const values = notifications.flatMap((each) => (each.diagnosed ? (each.entries ?? []) : []));
  return { subscription, values };
}

/** Where its DataValue begins, which ends with it. */
export function dataValueStart({ start }: Entry): number {
  return start + HANDLE_LENGTH;
}

/** The array of notifications again, without what these clients' numbers deliver. */
export function without(
  bytes: Uint8Array,
  { notifications }: NotificationMessage,
  forbidden: (clientHandle: number) => boolean,
): Uint8Array {
  const kept = notifications.flatMap((each): readonly Part[] => {
    if (each.entries === undefined) return [{ bytes, ...whole(each) }];
    const left = each.entries.filter(({ clientHandle }) => !forbidden(clientHandle));
    return left.length === 0 ? [] : [{ bytes: rewritten(bytes, each, left) }];
  });
  return written([{ bytes: put32(kept.length) }, ...kept]);
}

function rewritten(bytes: Uint8Array, { head, diagnosed }: Notification, left: readonly Entry[]) {
  const body = written([
    { bytes: put32(left.length) },
    ...left.map((entry) => ({ bytes, ...whole(entry) })),
    ...(diagnosed ? [{ bytes: put32(-1) }] : []),
  ]);
  const binary = Uint8Array.of(1);
  return written([
    { bytes, ...whole(head) },
    { bytes: binary },
    { bytes: put32(body.length) },
    { bytes: body },
  ]);
}

function whole({ start, end }: Range): Range {
  return { start, end };
}
