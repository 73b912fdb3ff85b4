/**
 * The guard of one lane of a web panel: requests one after the other, each read whole, decided,
 * written anew and answered, until one of them becomes a WebSocket.
 *
 *     idle -> body -> deciding -> answering -> idle
 *         \             |   \            \-> socket: each message of the client is decided
 *          -> upload ---/    -> refused with a page that names the rule -> idle
 *
 * A request that says one thing to one reader and another thing to the next ends the lane.
 */
import type { Answer, Effect, Guard, GuardEvent, Input, Outcome, Side } from "../guard.ts";
import { BACKLOG_MAX } from "../guard.ts";
import { type Cut, Inbox } from "../inbox.ts";
import { AnswerTalk } from "./answer.ts";
import { BodyReader, brokenOff, framingOf, joined, type Piece } from "./body.ts";
import { cutHead, HEAD_MAX, type ResponseHead, readRequestHead } from "./head.ts";
import { REQUEST_BODY_MAX } from "./limits.ts";
import type { WebOperation } from "./operation.ts";
import { NO_ANSWER, type Page, pageBytes, refusedPage, WITHHELD } from "./page.ts";
import { type ContentHash, plainHash } from "./parts.ts";
import { type Asked, readAsked, requestBytes, type SentHead } from "./request.ts";
import { isGoOn, switchBytes } from "./response.ts";
import { SocketTalk } from "./socket-talk.ts";
import { readAnnounced, Upload, uploadHead } from "./upload.ts";

/** A full read of a leg beyond the backlog at which the loop stops reading. */
const INBOX_MAX = 4 * BACKLOG_MAX + HEAD_MAX;

type State = "idle" | "body" | "deciding" | "answering" | "upload" | "socket" | "over";

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
  private head: SentHead | undefined;
  private reader: BodyReader | undefined;
  private body: Uint8Array[] = [];
  private size = 0;
  private asked: Asked | undefined;
  private upload: Upload | undefined;
  private answer: AnswerTalk | undefined;
  private readonly newHash: () => ContentHash;
  /** Of older tapes. */
  jsonUnread = false;
  /** Names of fields that requests may have besides those that every panel gets; lower case. */
  moreFields: readonly string[] = [];
  /** Of the request under way. */
  private decision = 0;
  private socket: SocketTalk | undefined;

  /** @param newHash SHA-256 of what comes in parts, where there is a quicker one */
  constructor(newHash: () => ContentHash = plainHash) {
    this.newHash = newHash;
  }

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
    const reads = from === "client" ? this.readsClient : this.answer?.isDeciding !== true;
    return reads ? 0 : this.inboxes[from].length;
  }

  private receive(from: Side, bytes: Uint8Array): void {
    if (!this.inboxes[from].push(bytes)) this.violate(from, "more bytes than may wait here");
  }

  private happened(event: GuardEvent): void {
    if (event.kind === "end") this.end();
    else if (event.kind === "timeout") this.lost(event.request);
    else if (event.kind === "withheld") this.withheld(event.decision);
    else if (event.kind === "capabilities") this.answer?.rightsChanged(event.capabilities);
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
    if (this.state === "upload") return this.upload?.isPassing === true;
    return this.state === "idle" || this.state === "body";
  }

  private takeClient(): boolean {
    if (this.state === "idle") return this.take("client", cutHead, (head) => this.begin(head));
    if (this.state === "socket" && this.socket) return this.takeFrame("client", this.socket);
    const { reader, upload } = this;
    const { client } = this.inboxes;
    if (this.state === "upload" && upload) return this.taken("client", upload.take(client));
    return reader ? this.take("client", reader.cut, (piece) => this.collect(piece)) : false;
  }

  private takeAsset(): boolean {
    switch (this.state) {
      case "answering":
        return this.answer ? this.taken("asset", this.answer.take(this.inboxes.asset)) : false;
      case "socket":
        return this.socket ? this.takeFrame("asset", this.socket) : false;
      case "upload":
        if (this.upload?.isOpening) return this.take("asset", cutHead, (head) => this.goOn(head));
        return this.unasked();
      default:
        return this.unasked();
    }
  }

  private unasked(): boolean {
    if (this.inboxes.asset.length > 0) this.violate("asset", "an answer to nothing");
    return false;
  }

  private take<T>(
    from: Side,
    cut: (bytes: Uint8Array) => Cut<T>,
    use: (frame: T) => void,
  ): boolean {
    const result = this.inboxes[from].take(cut);
    if (result.kind === "frame") use(result.frame);
    return this.taken(from, result);
  }

  private taken(from: Side, result: Cut<unknown>): boolean {
    if (result.kind === "malformed") this.violate(from, result.reason);
    return result.kind === "frame";
  }

  private takeFrame(from: Side, socket: SocketTalk): boolean {
    return this.taken(from, socket.take(from, this.inboxes[from]));
  }

  private begin(bytes: Uint8Array) {
    this.requests += 1;
    const head = readRequestHead(bytes);
    if (head.kind === "malformed") return this.violate("client", head.reason);
    const framing = framingOf(head.value.fields);
    if (framing.kind === "malformed") return this.violate("client", framing.reason);
    const sent = { ...head.value, number: this.requests, more: this.moreFields };
    this.head = sent;
    this.body = [];
    this.size = 0;
    if (framing.value.kind === "none") return this.whole();
    if (framing.value.kind === "length" && framing.value.length > REQUEST_BODY_MAX) {
      return this.announce(sent, framing.value.length);
    }
    this.reader = new BodyReader(framing.value);
    this.state = "body";
  }

  private collect(piece: Piece) {
    if (piece.kind === "end") return this.whole();
    this.size += piece.bytes.length;
    this.body.push(piece.bytes);
    if (this.size <= REQUEST_BODY_MAX) return;
    this.body = [];
    this.refuse(411, `a body of more than ${REQUEST_BODY_MAX} bytes that does not say its length`);
    this.end();
  }

  /** What ends here before all of it was read: nothing can follow it on this lane. */
  private announce(head: SentHead, length: number) {
    const read = readAnnounced(head, length, this.newHash);
    if (read.kind === "malformed") {
      this.refuse(413, read.reason);
      return this.end();
    }
    this.state = "upload";
    this.upload = new Upload(read.value, uploadHead(read.value, head), {
      ask: (operation, { permitted, denied }) => {
        this.ask(operation, { permitted: () => permitted(this.lastDecision), denied });
      },
      toAsset: (bytes, decision) => {
        this.decision = decision;
        this.toAsset(bytes);
      },
      breakOff: () => this.breakOff(),
      begun: () => this.outcome({ kind: "done" }),
      left: () => {
        this.upload = undefined;
        this.awaitAnswer(read.value.operation.path);
      },
      denied: (answer, isRead) => {
        this.deny(answer);
        if (!isRead) this.end();
      },
      refused: (reason) => {
        this.refuse(400, reason);
        this.end();
      },
    });
  }

  /** The asset's end has the head, and takes the body. */
  private goOn(bytes: Uint8Array): void {
    if (isGoOn(bytes, this.requests)) this.upload?.opened();
    else this.violate("asset", "an answer to a request that has not left");
  }

  private breakOff(): void {
    this.effects.push({ kind: "send", to: "asset", bytes: brokenOff(), release: true });
  }

  /** The request is there from its first byte to its last. */
  private whole() {
    const { head } = this;
    this.reader = undefined;
    this.state = "idle";
    if (head === undefined) return;
    const asked = readAsked(head, joined(this.body, this.size), !this.jsonUnread);
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
    this.awaitAnswer(asked.operation.path);
    this.toAsset(requestBytes(asked, this.head));
  }

  /** The request has left: its answer is awaited. */
  private awaitAnswer(path: string): void {
    this.state = "answering";
    const answered = { number: this.requests, method: this.head?.method ?? "", path };
    this.answer = new AnswerTalk(answered, {
      ask: (operation, asked) => this.ask(operation, asked),
      toClient: (bytes) => this.toClient(bytes),
      answerPage: (page) => this.answerPage(page),
      switched: (response) => this.switched(response),
      ended: (outcome) => {
        this.outcome(outcome);
        this.forget();
      },
    });
  }

  private switched(response: ResponseHead): string | undefined {
    const { asked } = this;
    const bytes = switchBytes(response);
    if (bytes === undefined || asked?.operation.action !== "web:socket") {
      return "an answer that nobody asked for";
    }
    this.answer = undefined;
    this.state = "socket";
    this.outcome({ kind: "done" });
    this.toClient(bytes);
    this.socket = new SocketTalk(asked.operation.path, {
      toClient: (frame) => this.toClient(frame),
      toAsset: (frame) => this.toAsset(frame),
      ask: (operation, frame) => this.askMessage(operation, frame),
    });
    return undefined;
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

  private refuse(status: number, reason: string) {
    this.effects.push({ kind: "refused", request: this.requests, reason });
    const lines = ["Sallyport did not carry this request out.", `Reason: ${reason}.`];
    this.answerPage({ status, title: "Refused", lines });
    this.forget();
  }

  private lost(request: number): void {
    if (request !== this.requests || !this.isUnanswered) return;
    this.outcome({ kind: "unknown" });
    this.fail(NO_ANSWER);
  }

  private withheld(decision: number): void {
    if (decision !== this.decision || !this.isUnanswered) return;
    if (!this.asked) this.breakOff();
    this.fail(WITHHELD);
  }

  /** The asset, or its leg, has something of it, and nothing was heard. */
  private get isUnanswered(): boolean {
    return this.answer?.isAwaited === true || this.upload?.isAtAsset === true;
  }

  private fail(page: Page): void {
    const { upload } = this;
    this.open = undefined;
    this.answerPage(page);
    this.forget();
    if (upload?.isUnread) this.end();
  }

  private forget(): void {
    this.state = "idle";
    this.head = undefined;
    this.reader = undefined;
    this.asked = undefined;
    this.upload = undefined;
    this.answer = undefined;
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
