/**
 * The guard of one lane of a web panel: requests one after the other, each read whole, decided,
 * written anew and answered, until one of them becomes a WebSocket.
 *
 *     idle -> body -> deciding -> waiting -> answering -> idle
 *                        |  \                  (a file: asked about first)
 *                        |   -> refused with a page that names the rule -> idle
 *                        -> waiting -> socket: each message of the client is decided
 *
 * A request that says one thing to one reader and another thing to the next ends the lane.
 */
import { copyBytes } from "../copy-bytes.ts";
import type { Answer, Effect, Guard, GuardEvent, Input, Outcome, Side } from "../guard.ts";
import { BACKLOG_MAX } from "../guard.ts";
import { type Cut, INCOMPLETE, Inbox } from "../inbox.ts";
import { BodyReader, encodeChunk, framingOf, type Piece } from "./body.ts";
import { contentType, isDownload, ownPath } from "./fields.ts";
import {
  endOfHead,
  fieldOf,
  HEAD_MAX,
  type RequestHead,
  type ResponseHead,
  readRequestHead,
} from "./head.ts";
import type { WebOperation } from "./operation.ts";
import { leadsOut, NO_ANSWER, type Page, pageBytes, refusedPage, WITHHELD } from "./page.ts";
import { type Asked, readAsked, requestBytes } from "./request.ts";
import { isBodyless, readResponse, responseBytes, switchBytes } from "./response.ts";
import { SocketTalk } from "./socket-talk.ts";

/** A full read of a leg beyond the backlog at which the loop stops reading. */
const INBOX_MAX = 4 * BACKLOG_MAX + HEAD_MAX;
/** Forms and recipes of panels; firmware comes by other roads. It is kept whole to be judged. */
export const REQUEST_BODY_MAX = 1_048_576;
/** One answer: manuals and trends; more is a flood. */
export const RESPONSE_BODY_MAX = 67_108_864;

type State =
  | "idle"
  | "body"
  | "deciding"
  | "waiting"
  | "answering"
  | "dropping"
  | "socket"
  | "over";

/** Asked, and not answered for good. */
interface Open {
  readonly id: number;
  permitted(): void;
  denied(answer: Answer): void;
}

export class HttpGuard implements Guard {
  /** A socket's decision carries its frames for hours. */
  readonly keepsDecisions = true as const;
  readonly classesByProfile = true as const;
  readonly tellsWhy = true as const;
  private readonly inboxes = { client: new Inbox(INBOX_MAX), asset: new Inbox(INBOX_MAX) };
  private effects: Effect[] = [];
  private state: State = "idle";
  private lastDecision = 0;
  private open: Open | undefined;
  private undecided = false;
  /** Requests that the client began, and the number of the one under way. */
  private requests = 0;
  private head: RequestHead | undefined;
  private reader: BodyReader | undefined;
  private body: Uint8Array[] = [];
  private size = 0;
  private asked: Asked | undefined;
  /** Of the request under way. */
  private decision = 0;
  private response: ResponseHead | undefined;
  private socket: SocketTalk | undefined;

  step(input: Input): readonly Effect[] {
    this.effects = [];
    if (this.state === "over") return this.effects;
    if (input.kind === "bytes") this.receive(input.from, input.bytes);
    else if (input.kind === "answers") this.answered(input.id, input.answers);
    else this.happened(input.event);
    this.advance();
    return this.effects;
  }

  backlog(from: Side): number {
    const reads = from === "client" ? this.readsClient : this.state !== "deciding";
    return reads ? 0 : this.inboxes[from].length;
  }

  private receive(from: Side, bytes: Uint8Array): void {
    if (!this.inboxes[from].push(bytes)) this.violate(from, "more bytes than may wait here");
  }

  private happened(event: GuardEvent): void {
    if (event.kind === "end") this.end();
    else if (event.kind === "timeout") this.lost(event.request);
    else if (event.kind === "withheld") this.withheld(event.decision);
  }

  /** What the client sent comes before what the asset sent next, however both were cut. */
  private advance(): void {
    while (this.state !== "over" && !this.undecided) {
      if (this.readsClient && this.takeClient()) continue;
      if (!this.takeAsset()) return;
    }
  }

  private get readsClient(): boolean {
    if (this.state === "socket") return this.open === undefined;
    return this.state === "idle" || this.state === "body";
  }

  private takeClient(): boolean {
    if (this.state === "idle") return this.take("client", cutHead, (head) => this.begin(head));
    if (this.state === "socket" && this.socket) return this.takeFrame("client", this.socket);
    const { reader } = this;
    return reader ? this.take("client", reader.cut, (piece) => this.collect(piece)) : false;
  }

  private takeAsset(): boolean {
    switch (this.state) {
      case "waiting":
        return this.take("asset", cutHead, (head) => this.respond(head));
      case "answering":
      case "dropping": {
        const { reader } = this;
        return reader ? this.take("asset", reader.cut, (piece) => this.relay(piece)) : false;
      }
      case "socket":
        return this.socket ? this.takeFrame("asset", this.socket) : false;
      default:
        if (this.inboxes.asset.length > 0) this.violate("asset", "an answer to nothing");
        return false;
    }
  }

  private take<T>(
    from: Side,
    cut: (bytes: Uint8Array) => Cut<T>,
    use: (frame: T) => void,
  ): boolean {
    const result = this.inboxes[from].take(cut);
    if (result.kind === "malformed") this.violate(from, result.reason);
    if (result.kind !== "frame") return false;
    use(result.frame);
    return true;
  }

  private takeFrame(from: Side, socket: SocketTalk): boolean {
    const result = socket.take(from, this.inboxes[from]);
    if (result.kind === "malformed") this.violate(from, result.reason);
    return result.kind === "frame";
  }

  private begin(bytes: Uint8Array) {
    this.requests += 1;
    const head = readRequestHead(bytes);
    if (head.kind === "malformed") return this.violate("client", head.reason);
    const framing = framingOf(head.value.fields);
    if (framing.kind === "malformed") return this.violate("client", framing.reason);
    this.head = head.value;
    this.body = [];
    this.size = 0;
    if (framing.value.kind === "none") return this.whole();
    this.reader = new BodyReader(framing.value);
    this.state = "body";
  }

  private collect(piece: Piece) {
    if (piece.kind === "end") return this.whole();
    this.size += piece.bytes.length;
    if (this.size > REQUEST_BODY_MAX) this.body = [];
    else this.body.push(piece.bytes);
  }

  /** The request is there from its first byte to its last. */
  private whole() {
    const { head } = this;
    this.reader = undefined;
    this.state = "idle";
    if (head === undefined) return;
    if (this.size > REQUEST_BODY_MAX) {
      return this.refuse(413, `the body is larger than ${REQUEST_BODY_MAX} bytes`);
    }
    const asked = readAsked(head, joined(this.body, this.size));
    this.body = [];
    if (asked.kind === "malformed") return this.refuse(400, asked.reason);
    this.asked = asked.value;
    this.state = "deciding";
    this.ask(asked.value.operation, {
      permitted: () => this.sendOn(asked.value),
      denied: (answer) => this.deny(answer),
    });
  }

  private ask(operation: WebOperation, asked: Omit<Open, "id">): void {
    const id = ++this.lastDecision;
    this.open = { id, ...asked };
    this.undecided = true;
    this.effects.push({
      ...{ kind: "decide", id, request: this.requests, lane: "requests" },
      items: [operation],
    });
  }

  private answered(id: number, answers: readonly Answer[]): void {
    const { open } = this;
    if (open?.id !== id) return;
    this.undecided = false;
    const refused = answers.find(({ kind }) => kind === "deny");
    if (!refused && answers.some(({ kind }) => kind === "hold")) return;
    this.open = undefined;
    if (refused) open.denied(refused);
    else open.permitted();
  }

  private sendOn(asked: Asked): void {
    if (this.head === undefined) return;
    this.decision = this.lastDecision;
    this.state = "waiting";
    this.toAsset(requestBytes(asked, this.head, this.requests));
  }

  private respond(bytes: Uint8Array) {
    const read = readResponse(bytes, this.requests, this.head?.method ?? "");
    if (read.kind === "malformed") return this.violate("asset", read.reason);
    const { response, framing } = read.value;
    const { status, fields } = response;
    if (status < 200) return this.switched(response);
    this.response = response;
    this.size = 0;
    this.reader = new BodyReader(framing);
    const location = fieldOf(fields, "location");
    if (location !== undefined && ownPath(location) === undefined) {
      this.state = "dropping";
      return this.answerPage(leadsOut(location));
    }
    if (isDownload(fields, status)) this.askDownload();
    else this.relayHead();
  }

  private askDownload() {
    const { asked, response } = this;
    if (!asked || !response) return;
    this.state = "deciding";
    const { path } = asked.operation;
    const operation = {
      ...({ action: "web:download", class: "transfer" } as const),
      ...{ path, contentType: contentType(response.fields) },
    };
    this.ask(operation, {
      permitted: () => this.relayHead(),
      denied: (answer) => {
        this.state = "dropping";
        this.answerPage(refusedPage(answer, "Sallyport did not pass this file on."));
      },
    });
  }

  private relayHead(): void {
    if (!this.response) return;
    this.state = "answering";
    this.toClient(responseBytes(this.response));
  }

  private relay(piece: Piece) {
    const relays = this.state === "answering";
    if (piece.kind === "data") {
      this.size += piece.bytes.length;
      if (this.size > RESPONSE_BODY_MAX) {
        return this.violate("asset", `an answer of more than ${RESPONSE_BODY_MAX} bytes`);
      }
      if (relays) this.toClient(encodeChunk(piece.bytes));
      return;
    }
    const { status = 0 } = this.response ?? {};
    if (relays && !isBodyless(status, this.head?.method)) this.toClient(encodeChunk(NO_BYTES));
    this.outcome(status < 400 ? { kind: "done" } : { kind: "refused", code: status });
    this.forget();
  }

  private switched(response: ResponseHead) {
    const { asked } = this;
    const bytes = switchBytes(response);
    if (bytes === undefined || asked?.operation.action !== "web:socket") {
      return this.violate("asset", "an answer that nobody asked for");
    }
    this.state = "socket";
    this.outcome({ kind: "done" });
    this.toClient(bytes);
    this.socket = new SocketTalk(asked.operation.path, {
      toClient: (frame) => this.toClient(frame),
      toAsset: (frame) => this.toAsset(frame),
      ask: (operation, frame) => this.askMessage(operation, frame),
    });
  }

  private askMessage(operation: WebOperation, frame: Uint8Array): void {
    this.requests += 1;
    this.ask(operation, {
      permitted: () => {
        const decision = this.lastDecision;
        this.effects.push({ kind: "send", to: "asset", bytes: frame, decision });
        // Nothing answers a message: it is done once it is sent.
        this.effects.push({ kind: "outcome", decision, outcome: { kind: "done" } });
      },
      denied: () => {},
    });
  }

  private deny(answer: Answer) {
    this.state = "idle";
    this.answerPage(refusedPage(answer, "Sallyport did not carry this request out."));
    this.forget();
  }

  /** No request that anyone could permit. */
  private refuse(status: number, reason: string) {
    this.effects.push({ kind: "refused", request: this.requests, reason });
    const lines = ["Sallyport did not carry this request out.", `Reason: ${reason}.`];
    this.answerPage({ status, title: "Refused", lines });
    this.forget();
  }

  private lost(request: number): void {
    if (this.state !== "waiting" || request !== this.requests) return;
    this.outcome({ kind: "unknown" });
    this.answerPage(NO_ANSWER);
    this.forget();
  }

  private withheld(decision: number): void {
    if (this.state !== "waiting" || decision !== this.decision) return;
    this.answerPage(WITHHELD);
    this.forget();
  }

  private forget(): void {
    this.state = "idle";
    this.head = undefined;
    this.reader = undefined;
    this.asked = undefined;
    this.response = undefined;
  }

  private answerPage(page: Page): void {
    this.toClient(pageBytes(page, this.head?.method !== "HEAD"));
  }

  private outcome(outcome: Outcome): void {
    this.effects.push({ kind: "outcome", decision: this.decision, outcome });
  }

  private toClient(bytes: Uint8Array): void {
    this.effects.push({ kind: "send", to: "client", bytes });
  }

  private toAsset(bytes: Uint8Array): void {
    this.effects.push({ kind: "send", to: "asset", bytes, decision: this.decision });
  }

  private violate(from: Side, reason: string): void {
    this.end();
    this.effects.push({ kind: "violation", from, reason });
  }

  private end(): void {
    this.forget();
    this.state = "over";
    this.open = undefined;
    this.undecided = false;
    this.socket = undefined;
    this.body = [];
    this.inboxes.client.clear();
    this.inboxes.asset.clear();
  }
}

const NO_BYTES = new Uint8Array(0);

function cutHead(bytes: Uint8Array): Cut<Uint8Array> {
  const length = endOfHead(bytes);
  if (length !== undefined) return { kind: "frame", frame: copyBytes(bytes, 0, length), length };
  if (bytes.length < HEAD_MAX) return INCOMPLETE;
  return { kind: "malformed", reason: `a head of more than ${HEAD_MAX} bytes` };
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
