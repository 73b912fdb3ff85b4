/**
 * A request too large to be kept: announced by its head, which is decided before anything leaves;
 * then passed on piece by piece, read on the way; its last piece is kept back until the whole, its
 * fields, files and digest, is decided too. Without that piece it is no request to the panel.
 */
import type { Answer } from "../guard.ts";
import type { Cut, Inbox } from "../inbox.ts";
import { BodyReader, encodeChunk, type Piece } from "./body.ts";
import { fieldsToAsset, REQUEST_FIELD, upgradeOf } from "./fields.ts";
import { encodeHead, fieldOf, malformed, type Read, type RequestHead } from "./head.ts";
import { UPLOAD_MAX } from "./limits.ts";
import type { UploadedOperation, UploadOperation, WebMethod } from "./operation.ts";
import { type ContentHash, PartsReader } from "./parts.ts";
import { isWebMethod, type SentHead } from "./request.ts";
import { readTarget } from "./target.ts";

/** What the guard does for it. */
export interface UploadHost {
  /** `permitted` is given the decision's number. */
  ask(
    operation: UploadOperation | UploadedOperation,
    asked: { permitted(decision: number): void; denied(answer: Answer): void },
  ): void;
  toAsset(bytes: Uint8Array, decision: number): void;
  /** What was sent so far shall be dropped. */
  breakOff(): void;
  /** The asset takes it. */
  begun(): void;
  /** It has left whole. */
  left(): void;
  /** @param isRead whether nothing of the client's body is outstanding */
  denied(answer: Answer, isRead: boolean): void;
  refused(reason: string): void;
}

type State = "announced" | "opening" | "passing" | "judged";

export interface Announced {
  readonly operation: UploadOperation;
  readonly encoded: string;
  readonly length: number;
  readonly parts: PartsReader | undefined;
  readonly hash: ContentHash;
}

/** @param length of the body, as its head says */
export function readAnnounced(
  { method, target, fields }: RequestHead,
  length: number,
  newHash: () => ContentHash,
): Read<Announced> {
  if (length > UPLOAD_MAX) return malformed(`a body of more than ${UPLOAD_MAX} bytes`);
  if (!isWebMethod(method) || method === "GET" || method === "HEAD") {
    return malformed(`${method} with a body`);
  }
  const read = readTarget(target);
  if (read.kind === "malformed") return read;
  if (upgradeOf(fields) !== "none") return malformed("an upgrade with a body");
  const field = fieldOf(fields, "content-type") ?? "";
  const contentType = field.split(";")[0]?.trim().toLowerCase() ?? "";
  if (contentType === "application/x-www-form-urlencoded") {
    return malformed("a form larger than any is taken");
  }
  const isForm = contentType === "multipart/form-data";
  const parts = isForm ? PartsReader.of(field, newHash) : undefined;
  if (isForm && parts === undefined) return malformed("parts without a boundary");
  const { path, query, encoded } = read.value;
  const operation = announced(method, { path, query, contentType, size: length });
  return { kind: "read", value: { operation, encoded, length, parts, hash: newHash() } };
}

function announced(
  method: WebMethod,
  rest: Pick<UploadOperation, "path" | "query" | "contentType" | "size">,
): UploadOperation {
  return { action: "web:upload", class: "transfer", method, ...rest };
}

export class Upload {
  private readonly announced: Announced;
  private readonly host: UploadHost;
  private readonly reader: BodyReader;
  private state: State = "announced";
  private decision = 0;
  /** Read, and not yet passed on. */
  private kept: Uint8Array | undefined;

  /** @param head as it goes to the asset */
  constructor(announced: Announced, head: Uint8Array, host: UploadHost) {
    this.announced = announced;
    this.host = host;
    this.reader = new BodyReader({ kind: "length", length: announced.length });
    host.ask(announced.operation, {
      permitted: (decision) => {
        this.decision = decision;
        this.state = "opening";
        host.toAsset(head, decision);
      },
      denied: (answer) => host.denied(answer, false),
    });
  }

  get isOpening(): boolean {
    return this.state === "opening";
  }

  get isPassing(): boolean {
    return this.state === "passing";
  }

  get isAtAsset(): boolean {
    return this.state !== "announced";
  }

  /** The client has more of it. */
  get isUnread(): boolean {
    return this.state !== "judged";
  }

  /** The asset's end has begun with it. */
  opened(): void {
    this.state = "passing";
    this.host.begun();
  }

  /** From the client. */
  take(inbox: Inbox): Cut<Piece> {
    const cut = inbox.take(this.reader.cut);
    if (cut.kind !== "frame") return cut;
    if (cut.frame.kind === "data") this.pass(cut.frame.bytes);
    else this.whole();
    return cut;
  }

  private pass(bytes: Uint8Array): void {
    const { announced, host, kept, decision } = this;
    announced.hash.add(bytes);
    const reason = announced.parts?.add(bytes);
    if (reason !== undefined) {
      this.refuse(reason);
      return;
    }
    this.kept = bytes;
    if (kept !== undefined) host.toAsset(encodeChunk(kept), decision);
  }

  private whole(): void {
    const { announced, host, kept } = this;
    const { parts, operation, hash } = announced;
    const reason = parts?.end();
    if (reason !== undefined) {
      this.refuse(reason);
      return;
    }
    this.state = "judged";
    this.kept = undefined;
    const { form = [], files = [] } = parts ?? {};
    const whole = { ...operation, form: [...form], files: [...files], digest: hash.digest() };
    host.ask(
      { ...whole, action: "web:uploaded" },
      {
        permitted: (decision) => {
          if (kept !== undefined) host.toAsset(encodeChunk(kept), decision);
          host.left();
        },
        denied: (answer) => {
          host.breakOff();
          host.denied(answer, true);
        },
      },
    );
  }

  private refuse(reason: string): void {
    this.host.breakOff();
    this.host.refused(reason);
  }
}

export function uploadHead(
  { operation, encoded, length }: Announced,
  { fields, number, more }: SentHead,
): Uint8Array {
  return encodeHead(`${operation.method} ${encoded} HTTP/1.1`, [
    [REQUEST_FIELD, String(number)],
    ...fieldsToAsset(fields, more),
    ["content-length", String(length)],
  ]);
}
