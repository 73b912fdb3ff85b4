/**
 * The guard of one SSH channel.
 *
 *     open "session"      answered here: nothing has been asked of the asset yet
 *     pty-req, env        kept until something is started
 *     shell, exec, subsystem -> decide -> permit -> open, pty-req, env and it, to the asset
 *                                      -> deny   -> failure, to the client
 *     data on a shell or command -> decided once as input, until rights change
 *     data of sftp and scp       -> their own filters: each packet an operation
 *
 * Forwarding of ports, sockets, agents and displays is never carried, whatever a profile says: it
 * would be a route into the plant.
 */
import { type Asked, Asking } from "../asking.ts";
import type { Effect, Guard, GuardEvent, Input, Operation, Outcome, Side } from "../guard.ts";
import { BACKLOG_MAX } from "../guard.ts";
import { type ContentHash, plainHash } from "../http/parts.ts";
import { Inbox } from "../inbox.ts";
import { forwardOf, refusedOpening } from "./forwards.ts";
import { InputRight } from "./input-right.ts";
import {
  dataFrom,
  dataMessage,
  EXTENDED_STDERR,
  lookAtSaid,
  type SshMessage,
  sentenceOf,
  written,
} from "./message.ts";
import { Preparation, WINDOW_CHANGE_LENGTH } from "./preparation.ts";
import {
  envOf,
  isEndOfProgram,
  isHint,
  isSignal,
  refusedWords,
  type Start,
  startOf,
} from "./requests.ts";
import { carriedFields, filterFor, readStartAnswer, startItems } from "./start.ts";
import type { Content, FilterHost, OlderTape, StreamFilter } from "./stream-filter.ts";

/** A full read of a leg beyond the backlog at which the loop stops reading. */
const INBOX_MAX = 4 * BACKLOG_MAX;

type State = "new" | "idle" | "starting" | "running" | "over";
type Request = Extract<SshMessage, { kind: "request" }>;

export class SshGuard implements Guard {
  readonly keepsDecisions = true as const; // A shell's carries its data for hours.
  readonly tellsWhy = true as const;
  newHash: () => ContentHash = plainHash; // Another takes its place where it is faster.
  older: OlderTape = {};
  inputStays = false; // Nobody writes again into what it is handed: its sends may be views of it.
  private readonly inboxes = { client: new Inbox(INBOX_MAX), asset: new Inbox(INBOX_MAX) };
  private readonly asking = new Asking();
  private effects: Effect[] = [];
  private state: State = "new";
  private readonly prepared = new Preparation();
  private start: Start | undefined;
  private decision = 0; // Of what runs.
  private readonly input = new InputRight({
    ask: (items, asked) => this.ask(items, asked),
    refused: () => this.say("input is not permitted here now"),
    broken: () => this.breakOff(),
  });
  private filter: StreamFilter | undefined;
  private opened = false;
  private clientEof = false;
  private startWanted = false; // To know whether it runs.
  private stays = false; // What is looked at now.

  step(input: Input): readonly Effect[] {
    this.effects = [];
    if (this.state === "over") return this.effects;
    if (input.kind === "bytes") this.receive(input.from, input.bytes);
    else if (input.kind === "answers") this.asking.answer(input.id, input.answers);
    else this.happened(input.event);
    this.advance();
    if (input.kind === "bytes") this.inboxes[input.from].keep();
    return this.effects;
  }

  backlog(from: Side): number {
    return this.inboxes[from].length + (this.filter?.backlog(from) ?? 0);
  }

  private receive(from: Side, bytes: Uint8Array): void {
    if (!this.inboxes[from].lend(bytes)) this.violate(from, TOO_MANY);
  }

  private happened(event: GuardEvent): void {
    if (event.kind === "end") this.end();
    else if (event.kind === "capabilities") this.input.rightsChanged();
    else if (event.kind === "withheld") this.withheld();
  }

  /** What was sent and never left is missing at the asset: only a terminal goes on without it. */
  private withheld(): void {
    if (this.state === "running" && !this.filter) this.input.withheld();
    else if (this.state !== "idle" && this.state !== "new") this.breakOff();
  }

  private breakOff(): void {
    this.say("some of it was kept back, so the rest would not be whole: the channel ends");
    this.closed("asset");
  }

  /** What the client asked for comes before what the asset sent next, however both were cut. */
  private advance(): void {
    while (this.state !== "over" && !this.asking.undecided) {
      if (this.mayTakeFromClient && this.takeFrom("client")) continue;
      if (!this.takeFrom("asset")) return;
    }
  }

  /** What waits for a person, or for the asset to start, keeps back what the client sent after it. */
  private get mayTakeFromClient(): boolean {
    return this.state !== "starting" && !this.asking.holds && !this.filter?.waits;
  }

  private takeFrom(from: Side): boolean {
    if (this.filter?.take(from)) return true;
    this.stays = this.inputStays && this.inboxes[from].isLent;
    const cut = this.inboxes[from].take(lookAtSaid);
    if (cut.kind === "malformed") this.violate(from, cut.reason);
    if (cut.kind !== "frame") return false;
    if (from === "client") this.fromClient(cut.frame);
    else this.fromAsset(cut.frame);
    return true;
  }

  private fromClient(message: SshMessage) {
    switch (message.kind) {
      case "open":
        return this.opening(message.type, message.rest);
      case "global-request":
        return this.globalRequest(message.name, message.wantReply, message.rest);
      case "request":
        return this.requested(message);
      case "data":
        return this.clientData(message.bytes);
      case "eof":
        return this.clientEnds();
      case "close":
        return this.closed("client");
      default:
        return this.violate("client", `a client does not send ${message.kind}`);
    }
  }

  private opening(type: string, rest: Uint8Array) {
    if (this.state !== "new") return this.violate("client", "the channel is open already");
    if (type === "session") {
      if (rest.length > 0) return this.violate("client", "a session is opened without more");
      this.state = "idle";
      return this.toClient({ kind: "open-confirmation" });
    }
    this.askInVain(type, rest, () => {
      this.toClient(refusedOpening(type));
      this.end();
    });
  }

  private globalRequest(name: string, wantReply: boolean, rest: Uint8Array) {
    if (this.state !== "new") return this.violate("client", "a request about the connection here");
    this.askInVain(name, rest, () => {
      if (wantReply) this.toClient({ kind: "request-failure" });
      this.end();
    });
  }

  private requested(request: Request) {
    if (this.state === "new") return this.violate("client", "a request before the channel");
    if (this.state === "running") return this.requestedRunning(request);
    if (!this.prepared.takeRequest()) return this.violate("client", "too many requests");
    switch (request.name) {
      case "pty-req":
        return this.terminal(request);
      case "env":
        return this.environment(request);
      case "shell":
      case "exec":
      case "subsystem":
        return this.starting(request);
      case "window-change":
        return this.reply(request, this.prepared.resize(request.rest) ? "success" : "failure");
      default:
        return this.otherRequest(request);
    }
  }

  private terminal(request: Request) {
    if (!this.prepared.takeTerminal(request.rest)) return this.violate("client", "not a terminal");
    this.reply(request, "success");
  }

  private environment(request: Request) {
    const pair = envOf(request.rest);
    if (pair === undefined) return this.violate("client", "not a variable");
    if (this.prepared.isFull) return this.reply(request, "failure");
    this.ask([{ action: "ssh:env", class: "configure", ...pair }], {
      permitted: () => {
        this.prepared.addVariable(request.rest);
        this.reply(request, "success");
      },
      denied: () => this.reply(request, "failure"),
    });
  }

  private starting(request: Request) {
    const start = startOf(request.name, request.rest);
    if (start === undefined) return this.violate("client", `not a ${request.name}`);
    const items = startItems(start, this.prepared.terminal, this.older);
    if (!items) {
      this.effects.push({ kind: "refused", request: 0, reason: "the command of scp is not plain" });
      return this.reply(request, "failure");
    }
    this.ask(items, {
      permitted: (decision) => this.begin(start, request, decision),
      denied: (because) => {
        this.say(refusedWords(start, because));
        this.reply(request, "failure");
      },
    });
  }

  private begin(start: Start, request: Request, decision: number): void {
    this.state = "starting";
    this.start = start;
    this.decision = decision;
    this.input.isStream = this.prepared.terminal === undefined;
    this.toAsset({ kind: "open", type: "session", rest: new Uint8Array(0) });
    for (const message of this.prepared.messages()) this.toAsset(message);
    this.toAsset({ ...request, wantReply: true, rest: carriedFields(start) });
    this.startWanted = request.wantReply;
  }

  private requestedRunning(request: Request) {
    const { name, rest } = request;
    const isSize = name === "window-change" && rest.length === WINDOW_CHANGE_LENGTH;
    const carry = { kind: "request", name, wantReply: false, rest } as const;
    if (isSize && this.prepared.terminal !== undefined) {
      this.toAsset(carry);
      this.reply(request, "success");
    } else if (name === "signal" && !this.filter && isSignal(rest)) {
      const signal = (decision: number) => {
        this.toAsset(carry, decision);
        this.reply(request, "success");
      };
      this.input.use(signal, () => this.reply(request, "failure"));
    } else this.otherRequest(request);
  }

  /** Nothing else is carried; what would open a way is recorded as what it is. */
  private otherRequest(request: Request) {
    const refuse = () => this.reply(request, "failure");
    if (isHint(request.name)) return refuse();
    this.askInVain(request.name, request.rest, refuse);
  }

  private clientData(bytes: Uint8Array) {
    if (this.state !== "running") return this.violate("client", "data before anything runs");
    if (this.clientEof) return this.violate("client", "data after its end");
    if (this.filter?.push("client", bytes) === false) return this.violate("client", TOO_MANY);
    if (this.filter) return;
    const message = dataMessage(bytes, this.stays && this.input.isDecided);
    this.input.use((decision) => this.toAsset(message, decision));
  }

  private clientEnds() {
    if (this.clientEof) return this.violate("client", "a second end");
    this.clientEof = true;
    if (this.state === "running") this.toAsset({ kind: "eof" });
  }

  private fromAsset(message: SshMessage) {
    if (this.state === "starting") return this.startAnswered(message);
    if (this.state !== "running") return this.violate("asset", `${message.kind} answers nothing`);
    switch (message.kind) {
      case "data":
        return this.assetData(message.bytes);
      case "extended-data":
        if (message.type !== EXTENDED_STDERR) return this.violate("asset", "an unknown stream");
        return this.toClient(message);
      case "request":
        return this.assetRequest(message);
      case "eof":
        return this.toClient(message);
      case "close":
        return this.closed("asset");
      default:
        return this.violate("asset", `${message.kind} answers nothing`);
    }
  }

  private startAnswered(message: SshMessage) {
    const answer = readStartAnswer(message, this.opened);
    if (!answer) return this.violate("asset", `${message.kind} answers nothing`);
    if (answer.kind === "failed") return this.failed(answer.text, answer.code);
    if (answer.kind === "opened") this.opened = true;
    else if (this.start) this.runs(this.start);
  }

  private runs(start: Start): void {
    this.state = "running";
    this.outcome({ kind: "done" });
    this.filter = filterFor(start, this.decision, this.filterHost());
    if (this.startWanted) this.toClient({ kind: "success" });
  }

  private failed(text: string, code: number) {
    this.outcome({ kind: "refused", code });
    this.say(text);
    if (this.startWanted) this.toClient({ kind: "failure" });
    this.toClient({ kind: "close" });
    this.end();
  }

  private assetData(bytes: Uint8Array) {
    if (!this.filter) return this.toClient(dataMessage(bytes, this.stays));
    if (!this.filter.push("asset", bytes)) this.violate("asset", TOO_MANY);
  }

  private assetRequest(request: Request): void {
    if (request.wantReply) this.toAsset({ kind: "failure" });
    if (isEndOfProgram(request)) this.toClient({ ...request, wantReply: false });
  }

  private closed(by: Side) {
    const left = this.filter?.left() ?? [];
    if (left.length === 0) return this.close(by);
    const close = () => this.close(by);
    this.ask(left, { permitted: close, denied: close });
  }

  private close(by: Side): void {
    const started = this.state === "running" || this.state === "starting";
    if (by === "client" && started) this.toAsset({ kind: "close" });
    else this.toClient({ kind: "close" });
    this.end();
  }

  private filterHost(): FilterHost {
    return {
      ask: (...asks) => this.ask(...asks),
      toAsset: (fresh, decision) => this.toAsset(dataFrom(fresh), decision),
      toClient: (fresh) => this.toClient(dataFrom(fresh)),
      say: (text) => this.say(text),
      newHash: () => this.newHash(),
      ...this.older,
      outcome: (decision, outcome) => this.outcome(outcome, decision),
      refused: (why) => void this.effects.push({ kind: "refused", request: 0, ...why }),
      violate: (from, reason) => this.violate(from, reason),
    };
  }

  private ask(items: readonly Operation[], asked: Asked, more: Content = {}): void {
    const id = this.asking.next(asked);
    this.effects.push({ kind: "decide", id, request: id, lane: "channel", items, ...more });
  }

  private askInVain(name: string, rest: Uint8Array, refuse: () => void): void {
    this.ask([forwardOf(name, rest)], { permitted: refuse, denied: refuse });
  }

  private outcome(outcome: Outcome, decision = this.decision): void {
    this.effects.push({ kind: "outcome", decision, outcome });
  }

  private reply(request: Request, kind: "success" | "failure"): void {
    if (request.wantReply) this.toClient({ kind });
  }

  private say(text: string): void {
    this.toClient(sentenceOf(text));
  }

  private toClient(message: SshMessage | Uint8Array): void {
    this.effects.push({ kind: "send", to: "client", bytes: written(message) });
  }

  private toAsset(message: SshMessage | Uint8Array, decision = this.decision): void {
    this.effects.push({ kind: "send", to: "asset", bytes: written(message), decision });
  }

  private violate(from: Side, reason: string) {
    this.end();
    this.effects.push({ kind: "violation", from, reason });
  }

  private end(): void {
    this.state = "over";
    this.filter = undefined;
    this.asking.clear();
    for (const inbox of Object.values(this.inboxes)) inbox.clear();
  }
}

const TOO_MANY = "more bytes than may wait here";
