/** The filter of SFTP between a client and an asset, in memory. */
import type { Asked } from "../../protocols/asking.ts";
import type { Operation, Outcome } from "../../protocols/guard.ts";
import { plainHash } from "../../protocols/http/parts.ts";
import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import type { FileOperation } from "../../protocols/ssh/operation.ts";
import { encodeReply } from "../../protocols/ssh/sftp/encode.ts";
import {
  cutReply,
  cutRequest,
  PACKET,
  type SftpReply,
  type SftpRequest,
} from "../../protocols/ssh/sftp/packet.ts";
import { SftpFilter } from "../../protocols/ssh/sftp/sftp-filter.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";

export type May = (operation: FileOperation) => boolean;

/** A filter between a client and an asset whose files are a map from path to what it resolves to. */
export function sftpSite(
  may: May,
  links: Readonly<Record<string, string>> = {},
  realpathUndecided = false,
) {
  const asked: FileOperation[] = [];
  const toClient: SftpReply[] = [];
  const toAsset: SftpRequest[] = [];
  const outcomes: Outcome[] = [];
  const violations: string[] = [];
  const refused: { readonly reason: string; readonly exchanged?: true }[] = [];
  let decision = 1;
  const filter = new SftpFilter(1, {
    ask(items: readonly Operation[], then: Asked) {
      const files = items as readonly FileOperation[];
      asked.push(...files);
      decision += 1;
      if (files.every(may)) then.permitted(decision);
      else then.denied();
    },
    toAsset(bytes) {
      const cut = cutRequest(bytes);
      if (cut.kind === "frame") toAsset.push(cut.frame);
    },
    toClient(bytes) {
      const cut = cutReply(bytes);
      if (cut.kind === "frame") toClient.push(cut.frame);
    },
    newHash: plainHash,
    realpathUndecided,
    outcome: (_, outcome) => outcomes.push(outcome),
    refused: (why) => refused.push(why),
    violate: (_, reason) => violations.push(reason),
  });
  const run = () => {
    while (filter.take("client") || filter.take("asset"));
  };
  let answered = 0;
  /** Answers as an asset whose files all exist. */
  const assetAnswers = () => {
    for (; answered < toAsset.length; answered++) {
      const request = toAsset[answered];
      if (request) filter.push("asset", answerTo(request, links));
      run();
    }
  };
  const client = (bytes: Uint8Array) => {
    filter.push("client", bytes);
    run();
    assetAnswers();
  };
  client(new FieldWriter().uint8(PACKET.init).uint32(3).framed());
  return { client, filter, run, asked, toClient, toAsset, outcomes, violations, refused };
}

export function answerTo(
  request: SftpRequest,
  links: Readonly<Record<string, string>>,
): Uint8Array {
  if (request.kind === "init") return encodeReply({ kind: "version", version: 3 }, 0);
  const { id } = request;
  switch (request.kind) {
    case "realpath": {
      const text = String.fromCharCode(...request.path);
      const name = encodeUtf8(text === "." ? "/home/op" : (links[text] ?? text));
      const entry = { name, long: name, attributes: {} };
      return encodeReply({ kind: "name", id, entries: [entry] }, id);
    }
    case "open":
    case "opendir":
      return encodeReply({ kind: "handle", id, handle: encodeUtf8("asset's own handle") }, id);
    case "read":
      return encodeReply({ kind: "data", id, data: encodeUtf8("content") }, id);
    case "lstat":
    case "fstat":
      return encodeReply({ kind: "attrs", id, attributes: { size: 7 } }, id);
    default:
      return encodeReply({ kind: "status", id, code: 0, text: "ok" }, id);
  }
}
