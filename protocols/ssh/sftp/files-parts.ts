/** What the parts of the SFTP filter share: how they ask, send and answer. */

import type { Asked } from "../../asking.ts";
import type { Operation, Outcome } from "../../guard.ts";
import type { FileOperation } from "../operation.ts";
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
  ask(items: readonly Operation[], asked: Asked): void;
  readonly send: Send;
  /** @param id the client's own */
  answer(id: number, reply: SftpReply): void;
  outcome(decision: number, outcome: Outcome): void;
  refused(reason: string): void;
}

/** Never set-user-id, set-group-id or sticky. */
export const MODE_BITS = 0o777;

export const NOT_PERMITTED: SftpReply = {
  ...{ kind: "status", id: 0, code: STATUS.permissionDenied },
  text: "Sallyport: not permitted in this session",
};

export function outcomeOf(reply: SftpReply): Outcome {
  const isBad = reply.kind === "status" && reply.code !== STATUS.ok && reply.code !== STATUS.eof;
  return isBad ? { kind: "refused", code: reply.code } : { kind: "done" };
}

export function fileOperation(
  action: FileOperation["action"],
  path: string,
  more: Partial<Pick<FileOperation, "target" | "size" | "name">> = {},
): FileOperation {
  return { action, class: "transfer", via: "sftp", path, ...more };
}
