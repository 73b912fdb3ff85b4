/** What becomes of an answer of the asset: read, remembered, what may not be seen left out. */
import { copyBytes } from "../copy-bytes.ts";
import type { Outcome } from "../guard.ts";
import type { Exchange } from "./exchange.ts";
import { encodeFrame, HEADER_LENGTH, type OpcUaFrame } from "./frame.ts";
import { putHandle, readResponseHeader } from "./header.ts";
import { type NotificationMessage, without } from "./notifications.ts";
import type { ShowOperation } from "./operation.ts";
import { put32, written } from "./parts.ts";
import { Reader } from "./reader.ts";
import type { Part } from "./sent-parts.ts";
import type { Memory, Results, Revealed } from "./service.ts";
import { SERVICE_FAULT } from "./services.ts";
import { PUBLISH, REPUBLISH } from "./services-whole.ts";
import { isBad, STATUS } from "./status.ts";
import { isClean, keepsOut, type Subscription } from "./subscriptions.ts";

export type Answered =
  | { readonly kind: "violation"; readonly reason: string }
  | ({ readonly outcome: Outcome } & (
      | { readonly kind: "taken" }
      /** Goes to the client as it is here. */
      | { readonly kind: "whole"; readonly bytes: Uint8Array }
      /** The asset's fault; the client has a status instead. */
      | { readonly kind: "refused"; readonly reason: string }
      /** Nodes in it must be decided first. */
      | {
          readonly kind: "shown";
          readonly operations: readonly ShowOperation[];
          show(permitted: readonly boolean[]): void;
        }
    ));

const DONE: Outcome = { kind: "done" };

/**
 * A notification of a subscription that is permitted as a whole passes undecoded: the bytes for
 * the client, or undefined if it must be looked into.
 */
export function passPublished(
  frame: OpcUaFrame,
  { exchange, indexes }: Part,
  { subscriptions }: Memory,
): Uint8Array | undefined {
  if (exchange.plan.service !== PUBLISH || frame.typeId !== PUBLISH.response) return undefined;
  const r = new Reader(frame.body);
  const { serviceResult } = readResponseHeader(r);
  const subscription = subscriptions.find(r.uint32());
  if (r.fault !== undefined || isBad(serviceResult) || subscription === undefined) return undefined;
  if (!isClean(subscription) || !exchange.isWhole(indexes)) return undefined;
  return forwarded(frame, exchange);
}

export function readAnswer(frame: OpcUaFrame, part: Part, memory: Memory): Answered {
  const { exchange, indexes } = part;
  const { service } = exchange.plan;
  if (frame.typeId !== service.response && frame.typeId !== SERVICE_FAULT) {
    const reason = `a response of type ${frame.typeId} to ${service.name}`;
    return { kind: "violation", reason };
  }
  const body = copyBytes(frame.body);
  const r = new Reader(body);
  r.forgiving = true;
  const { serviceResult, end } = readResponseHeader(r);
  if (frame.typeId === SERVICE_FAULT) r.finish();
  if (r.fault !== undefined) return unusable(part, r.fault);
  if (frame.typeId === SERVICE_FAULT || isBad(serviceResult)) return faulted(part, serviceResult);
  const results = service.answer(r);
  if (r.fault !== undefined) return unusable(part, r.fault);
  const wanted = service.itemised ? indexes.length : 1;
  if (results.results.length !== wanted) {
    return unusable(part, `${results.results.length} results for ${wanted} items`);
  }
  results.results.forEach(({ value }, at) => {
    exchange.plan.learn(indexes[at] ?? -1, value);
  });
  const outcome = part.changes ? outcomeOf(body, results) : DONE;
  if (!service.itemised) {
    return { kind: "whole", bytes: filtered(frame, body, results, exchange, memory), outcome };
  }
  return { ...taken(frame, body, end, results, part, memory), outcome };
}

/** Every result of what changes something begins with its status. */
function outcomeOf(body: Uint8Array, { results }: Results): Outcome {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const codes = results.map(({ start }) => view.getUint32(start, true));
  const [first = 0] = codes;
  return codes.every(isBad) ? { kind: "refused", code: first } : DONE;
}

function faulted({ exchange, indexes }: Part, status: number): Answered {
  const code = isBad(status) ? status : STATUS.badUnknownResponse;
  const outcome: Outcome = { kind: "refused", code };
  if (exchange.isWhole(indexes)) return { kind: "whole", bytes: exchange.fault(code), outcome };
  exchange.failed(indexes, code);
  return { kind: "taken", outcome };
}

/** It may have been carried out; what it answered is nothing that anybody could read. */
function unusable({ exchange, indexes }: Part, why: string): Answered {
  exchange.failed(indexes, STATUS.badUnknownResponse);
  for (const index of indexes) exchange.plan.unheard(index);
  const reason = `the asset's answer to ${exchange.plan.service.name} is malformed: ${why}`;
  return { kind: "refused", reason, outcome: { kind: "unknown" } };
}

function taken(
  frame: OpcUaFrame,
  body: Uint8Array,
  headerEnd: number,
  results: Results,
  { exchange, indexes }: Part,
  memory: Memory,
): Omit<Extract<Answered, { kind: "whole" }>, "outcome"> | { kind: "taken" } | Shown {
  const { service } = exchange.plan;
  const keep = (bytesOf: readonly Uint8Array[]) => {
    const diagnosed = results.diagnostics.length === indexes.length ? results.diagnostics : [];
    const diagnostics = diagnosed.map(({ start, end }) => body.subarray(start, end));
    exchange.answered(indexes, bytesOf, diagnostics, body.subarray(0, headerEnd));
  };
  const own = results.results.map(({ start, end }) => body.subarray(start, end));
  const revealed = results.results.map(({ value }) => service.revealed(value));
  if (revealed.some((nodes) => nodes.length > 0)) {
    return shown(body, results, revealed, memory, keep);
  }
  if (exchange.isWhole(indexes)) return { kind: "whole", bytes: forwarded(frame, exchange) };
  keep(own);
  return { kind: "taken" };
}

type Shown = Omit<Extract<Answered, { kind: "shown" }>, "outcome">;

function shown(
  body: Uint8Array,
  { results }: Results,
  revealed: readonly (readonly Revealed[])[],
  { wording }: Memory,
  keep: (results: readonly Uint8Array[]) => void,
): Shown {
  const byNode = new Map<string, ShowOperation>();
  for (const { node } of revealed.flat()) {
    const name = wording.namespaces?.name(node);
    if (name === undefined || byNode.has(name)) continue;
    byNode.set(name, wording.same({ action: "opcua:show", class: "observe", node: name }));
  }
  const names = [...byNode.keys()];
  return {
    kind: "shown",
    operations: [...byNode.values()],
    show(permitted) {
      const visible = new Set(names.filter((_, at) => permitted[at]));
      const isVisible = ({ node }: Revealed) => visible.has(wording.namespaces?.name(node) ?? "");
      keep(results.map((result, at) => showing(body, result, revealed[at] ?? [], isVisible)));
    },
  };
}

/**
 * A result of Browse or TranslateBrowsePaths with the visible nodes only: they stand at its end,
 * behind their count.
 */
function showing(
  body: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  nodes: readonly Revealed[],
  isVisible: (node: Revealed) => boolean,
): Uint8Array {
  const [first] = nodes;
  if (first === undefined || nodes.every(isVisible)) return copyBytes(body, start, end);
  const left = nodes.filter(isVisible);
  const countAt = first.start - 4;
  return written([
    { bytes: body, start, end: countAt },
    { bytes: put32(left.length) },
    ...left.map((node) => ({ bytes: body, start: node.start, end: node.end })),
  ]);
}

/** Publish and Republish without what is not permitted any more; all others as they are. */
function filtered(
  frame: OpcUaFrame,
  body: Uint8Array,
  { results: [only] }: Results,
  exchange: Exchange,
  { subscriptions }: Memory,
): Uint8Array {
  const { service } = exchange.plan;
  const notified = service === PUBLISH || service === REPUBLISH;
  if (!notified || only === undefined) return forwarded(frame, exchange);
  const { message, subscription } = only.value as Notified;
  const known = subscription === undefined ? undefined : subscriptions.find(subscription);
  const forbidden = forbiddenIn(service === PUBLISH ? [known] : subscriptions.list());
  const data = without(body, message, forbidden);
  const parts = [{ bytes: body, end: message.data.start }, { bytes: data }];
  const rebuilt = written([...parts, { bytes: body, start: message.data.end }]);
  return forwarded({ ...frame, body: rebuilt }, exchange);
}

interface Notified {
  readonly message: NotificationMessage;
  /** Republish does not repeat it. */
  readonly subscription?: number;
}

/** Of a subscription that is none of this session's, nothing passes. */
function forbiddenIn(known: readonly (Subscription | undefined)[]) {
  return (clientHandle: number) =>
    known.some((each) => each === undefined || keepsOut(each, clientHandle));
}

/** With the client's numbers. */
function forwarded({ typeId, body }: OpcUaFrame, exchange: Exchange): Uint8Array {
  const bytes = encodeFrame({ requestId: exchange.requestId, typeId, body });
  putHandle(bytes.subarray(HEADER_LENGTH), exchange.header.requestHandle);
  return bytes;
}
