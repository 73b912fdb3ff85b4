/** What the parts of the SFTP filter share: how they ask, send and answer. */

import type { Asked } from "../../asking.ts";
import type { Because, Operation, Outcome } from "../../guard.ts";
import type { ContentHash } from "../../http/parts.ts";
import type { FileOperation } from "../operation.ts";
import type { Content } from "../stream-filter.ts";
import { type SftpReply, STATUS } from "./packet.ts";

/** A request that the asset has; told of its reply, which is of a kind that it allows. */
export interface UnderWay {
  readonly allows: readonly SftpReply["kind"][];
  replied(reply: SftpReply): void;
}

export type Send = (encode: (id: number) => Uint8Array, decision: number, way: UnderWay) => void;

export interface FilesParts {
  /** Of the subsystem: what paths are resolved under. */
  readonly decision: number;
  /** See `FilterHost`. */
  readonly realpathUndecided: boolean;
  readonly passedUntold: boolean;
  readonly openedUnlooked: boolean;
  ask(items: readonly Operation[], asked: Asked, more?: Content): void;
  newHash(): ContentHash;
  readonly send: Send;
  /** @param id the client's own */
  answer(id: number, reply: SftpReply): void;
  outcome(decision: number, outcome: Outcome): void;
  /** Beside the protocol, for the person: few tools show what a status says. */
  say(text: string): void;
  refused(why: { readonly reason: string; readonly exchanged?: true }): void;
}

/** Never set-user-id, set-group-id or sticky. */
export const MODE_BITS = 0o777;

export const NOT_PERMITTED: Extract<SftpReply, { kind: "status" }> = {
  ...{ kind: "status", id: 0, code: STATUS.permissionDenied },
  text: "Sallyport: not permitted in this session",
};

/** What of a file could not be looked into, or was found in it. */
export function unscanned(text: string): SftpReply {
  return { kind: "status", id: 0, code: STATUS.failure, text: `Sallyport: ${text}` };
}

/** In the words of the rule's reason, which is one sentence of the broker or the scanner. */
export function refusal(because?: Because): SftpReply {
  if (because === undefined) return NOT_PERMITTED;
  return { ...NOT_PERMITTED, text: `Sallyport: ${saidOf(because)}` };
}

export function saidOf({ reason, rule }: Because): string {
  const plain = (text: string) => text.replace(/[^\x20-\x7e]/g, "?").slice(0, SAID_MAX);
  return `${plain(reason)} (rule ${plain(rule)})`;
}

const SAID_MAX = 300;

export function outcomeOf(reply: SftpReply): Outcome {
  const isBad = reply.kind === "status" && reply.code !== STATUS.ok && reply.code !== STATUS.eof;
  return isBad ? { kind: "refused", code: reply.code } : { kind: "done" };
}

export function fileOperation(
  action: FileOperation["action"],
  path: string,
  more: Partial<Pick<FileOperation, "target" | "size" | "name" | "digest">> = {},
): FileOperation {
  return { action, class: "transfer", via: "sftp", path, ...more };
}
