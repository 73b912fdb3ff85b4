/**
 * The asset's answer to one request, from its head to its last byte. What leads out of the panel
 * is not passed on; a file is asked about before its first byte is.
 *
 *     head -> deciding -> passing -> over
 *        \       \-> dropping -/
 *         -> passing, or dropping where it leads out
 */
import type { Answer, Capabilities, Outcome } from "../guard.ts";
import { type Cut, INCOMPLETE, type Inbox } from "../inbox.ts";
import { BodyReader, brokenOff, encodeChunk, type Piece } from "./body.ts";
import { contentType, isDownload, ownPath } from "./fields.ts";
import { cutHead, fieldOf, malformed, type ResponseHead } from "./head.ts";
import { DOWNLOAD_MAX, RESPONSE_BODY_MAX } from "./limits.ts";
import type { DownloadOperation } from "./operation.ts";
import { leadsOut, type Page, refusedPage } from "./page.ts";
import { isBodyless, readResponse, responseBytes } from "./response.ts";

/** What it answers. */
export interface Answered {
  readonly number: number;
  readonly method: string;
  readonly path: string;
}

/** What the guard does for it. */
export interface AnswerHost {
  ask(
    operation: DownloadOperation,
    asked: { permitted(): void; denied(answer: Answer): void },
  ): void;
  toClient(bytes: Uint8Array): void;
  answerPage(page: Page): void;
  /** The asset agreed to something else than HTTP. Answers what is wrong with that. */
  switched(response: ResponseHead): string | undefined;
  ended(outcome: Outcome): void;
}

export class AnswerTalk {
  private readonly answered: Answered;
  private readonly host: AnswerHost;
  private state: "head" | "deciding" | "passing" | "dropping" = "head";
  private response: ResponseHead | undefined;
  private reader: BodyReader | undefined;
  private size = 0;
  /** A file that a rule let out. */
  private isFile = false;

  constructor(answered: Answered, host: AnswerHost) {
    this.answered = answered;
    this.host = host;
  }

  /** Nothing of it is there. */
  get isAwaited(): boolean {
    return this.state === "head";
  }

  /** Someone decides whether it may pass. */
  get isDeciding(): boolean {
    return this.state === "deciding";
  }

  /** From the asset. */
  take(inbox: Inbox): Cut<unknown> {
    if (this.state === "deciding") return INCOMPLETE;
    const { reader } = this;
    if (reader) return used(inbox.take(reader.cut), (piece) => this.relay(piece));
    return used(inbox.take(cutHead), (head) => this.begin(head));
  }

  /** A file on its way out stops with the right to it. */
  rightsChanged(capabilities: Capabilities): void {
    if (!this.isFile || this.state !== "passing" || capabilities.has("transfer")) return;
    this.state = "dropping";
    this.host.toClient(brokenOff());
  }

  private begin(bytes: Uint8Array): string | undefined {
    const { number, method } = this.answered;
    const read = readResponse(bytes, number, method);
    if (read.kind === "malformed") return read.reason;
    const { response, framing } = read.value;
    const { status, fields } = response;
    if (status < 200) return this.host.switched(response);
    this.response = response;
    this.reader = new BodyReader(framing);
    const location = fieldOf(fields, "location");
    if (location !== undefined && ownPath(location) === undefined) {
      this.drop(leadsOut(location));
    } else if (isDownload(fields, status)) this.askDownload(response);
    else this.passHead(response);
    return undefined;
  }

  private askDownload(response: ResponseHead): void {
    this.state = "deciding";
    const { path } = this.answered;
    const operation = {
      ...({ action: "web:download", class: "transfer" } as const),
      ...{ path, contentType: contentType(response.fields) },
    };
    this.host.ask(operation, {
      permitted: () => {
        this.isFile = true;
        this.passHead(response);
      },
      denied: (answer) => this.drop(refusedPage(answer, "Sallyport did not pass this file on.")),
    });
  }

  private passHead(response: ResponseHead): void {
    this.state = "passing";
    this.host.toClient(responseBytes(response));
  }

  private drop(page: Page): void {
    this.state = "dropping";
    this.host.answerPage(page);
  }

  private relay(piece: Piece): string | undefined {
    const passes = this.state === "passing";
    if (piece.kind === "data") {
      this.size += piece.bytes.length;
      const sizeMax = this.isFile ? DOWNLOAD_MAX : RESPONSE_BODY_MAX;
      if (this.size > sizeMax) return `an answer of more than ${sizeMax} bytes`;
      if (passes) this.host.toClient(encodeChunk(piece.bytes));
      return undefined;
    }
    const { status = 0 } = this.response ?? {};
    if (passes && !isBodyless(status, this.answered.method)) {
      this.host.toClient(encodeChunk(NO_BYTES));
    }
    this.host.ended(status < 400 ? { kind: "done" } : { kind: "refused", code: status });
    return undefined;
  }
}

const NO_BYTES = new Uint8Array(0);

function used<T>(cut: Cut<T>, use: (frame: T) => string | undefined): Cut<unknown> {
  if (cut.kind !== "frame") return cut;
  const reason = use(cut.frame);
  return reason === undefined ? cut : malformed(reason);
}
