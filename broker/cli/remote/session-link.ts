/**
 * What a command says with the broker about its session. Cut off, it comes back by itself for as
 * long as the session waits; what ended for good ends it too.
 */
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import {
  CONNECT_PATH,
  type FromConnect,
  type Opened,
  type ToConnect,
  toConnect,
} from "../../api/shapes/connect.ts";
import { type BrokerClient, unreachable } from "./broker-client.ts";
import { CommandFailed, EXIT, type ExitCode } from "./exit-codes.ts";
import { openWebSocket, refusalIn } from "./tool-line.ts";

export type Wanted = Extract<FromConnect, { kind: "open" | "resume" }>;

export interface LinkEvents {
  asked(ask: Extract<ToConnect, { kind: "ask" }>): void;
  event(event: Extract<ToConnect, { kind: "event" }>["event"]): void;
  channel(reason: string): void;
  /** The broker is not there; the session waits so long. */
  lost(leaseMs: number): void;
  back(): void;
  /** The session was lost with its broker; one like it is opened at the broker that took over. */
  takenOver(origin: string): void;
  reopened(opened: Opened): void;
}

export interface Ended {
  readonly rule: string;
  readonly reason: string;
}

/** A broker that says nothing for so long, between two of its pings, is gone. */
const SILENCE_MS = 25_000;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;
/** A session that was lost with its broker can be opened anew: until a standby has taken over. */
const COME_BACK_MS = 180_000;

export class SessionLink {
  private readonly client: BrokerClient;
  private readonly events: LinkEvents;
  private webSocket: WebSocket | undefined;
  private wanted: Wanted | undefined;
  private readonly ending = Promise.withResolvers<Ended>();
  private endCause: Ended | undefined;

  constructor(client: BrokerClient, events: LinkEvents) {
    this.client = client;
    this.events = events;
  }

  /** Resolves once the session is over for this command. */
  get ended(): Promise<Ended> {
    return this.ending.promise;
  }

  get isUp(): boolean {
    return this.webSocket?.readyState === WebSocket.OPEN;
  }

  /** @throws CommandFailed refused, signed-out, unreachable */
  async open(wanted: Wanted): Promise<Opened> {
    this.wanted = wanted;
    const opened = await this.begin(wanted);
    void this.keep(opened);
    return opened;
  }

  activity(): void {
    this.say({ kind: "activity" });
  }

  /** The person has had enough. */
  end(): void {
    if (this.isUp) this.say({ kind: "end" });
    else this.over({ rule: "owner-ended", reason: "ended while the broker was away" });
  }

  /** Leaves; the session then waits as its lease says, or ends. */
  close(): void {
    this.webSocket?.terminate();
  }

  /** Comes back again and again, until the session is over. */
  private async keep(first: Opened): Promise<void> {
    let opened = first;
    while (!this.endCause) {
      await this.closed();
      if (this.endCause) break;
      this.events.lost(opened.leaseMs);
      opened = (await this.comeBack(opened)) ?? opened;
    }
    this.ending.resolve(this.endCause);
  }

  /** Undefined once it is over. */
  private async comeBack({ session, leaseMs }: Opened): Promise<Opened | undefined> {
    const untilMs = performance.now() + Math.max(leaseMs, COME_BACK_MS);
    let waitMs = RETRY_FIRST_MS;
    while (!this.endCause) {
      try {
        const opened = await this.begin({ kind: "resume", session: session.id });
        this.events.back();
        return opened;
      } catch (error) {
        if (isLost(error)) return this.openAnew(untilMs);
        if (!isAway(error)) {
          this.over({
            rule: "gone",
            reason: `the session could not be taken back: ${said(error)}`,
          });
        } else if (performance.now() >= untilMs) {
          this.over({ rule: "lease", reason: "the broker was away for too long" });
        }
      }
      await pause(waitMs);
      waitMs = Math.min(RETRY_MAX_MS, waitMs * 2);
    }
    return undefined;
  }

  /** Nobody had ended it: what the person had asked for is asked for once more, by every rule. */
  private async openAnew(untilMs: number): Promise<Opened | undefined> {
    const { wanted } = this;
    const { origin } = this.client.address;
    if (wanted?.kind !== "open" || performance.now() >= untilMs) {
      const reason = `it was lost with its broker; open it anew at ${origin}`;
      this.over({ rule: "gone", reason });
      return undefined;
    }
    this.events.takenOver(origin);
    try {
      const opened = await this.begin(wanted);
      this.events.reopened(opened);
      return opened;
    } catch (error) {
      const reason = `it was lost with its broker and could not be opened anew: ${said(error)}`;
      this.over({ rule: "gone", reason });
      return undefined;
    }
  }

  private async begin(wanted: Wanted): Promise<Opened> {
    await this.client.find();
    const webSocket = await openWebSocket(this.client, CONNECT_PATH);
    this.webSocket = webSocket;
    const { promise, resolve, reject } = Promise.withResolvers<Opened>();
    const { origin } = this.client.address;
    watchSilence(webSocket);
    webSocket.on("open", () => this.say(wanted));
    webSocket.on("error", (error) => reject(unreachable(origin, error)));
    webSocket.on("close", () => {
      const { endCause } = this;
      if (endCause) reject(new CommandFailed(EXIT.refused, endCause.reason, endCause.rule));
      else reject(unreachable(origin, new Error("it closed the connection")));
    });
    webSocket.on("unexpected-response", (_, response) => {
      void refusalIn(response).then(({ code, message }) => {
        reject(new CommandFailed(exitOf(code), message, code));
        webSocket.terminate();
      });
    });
    webSocket.on("message", (data: Buffer) => {
      const said = understood(data);
      if (!said) webSocket.terminate();
      else if (said.kind === "opened") resolve(said);
      else if (said.kind === "refused") {
        reject(new CommandFailed(EXIT.refused, said.message, said.code));
        webSocket.close();
      } else this.heard(said);
    });
    return promise;
  }

  private heard(said: Exclude<ToConnect, { kind: "opened" | "refused" }>): void {
    switch (said.kind) {
      case "ask":
        this.events.asked(said);
        break;
      case "event":
        this.events.event(said.event);
        if (said.event.kind === "end") this.over(said.event.cause);
        break;
      case "channel":
        this.events.channel(said.reason);
        break;
      case "over":
        this.over(said.cause);
    }
  }

  private over(cause: Ended): void {
    this.endCause ??= cause;
    this.ending.resolve(this.endCause);
  }

  private say(message: FromConnect): void {
    const { webSocket } = this;
    if (webSocket?.readyState === WebSocket.OPEN) webSocket.send(JSON.stringify(message));
  }

  private closed(): Promise<void> {
    const { webSocket } = this;
    if (!webSocket || webSocket.readyState === WebSocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => webSocket.once("close", () => resolve()));
  }
}

function isLost(error: unknown): boolean {
  return error instanceof CommandFailed && error.code === "session-lost";
}

function isAway(error: unknown): boolean {
  return error instanceof CommandFailed && error.exitCode === EXIT.unreachable;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Undefined for what no broker says. */
function understood(data: Buffer): ToConnect | undefined {
  try {
    const said = toConnect.safeParse(JSON.parse(data.toString("utf8")));
    return said.success ? (said.data as ToConnect) : undefined;
  } catch {
    return undefined;
  }
}

/** What stands between says in its own way that the broker is away: it may come back. */
function exitOf(code: string): ExitCode {
  if (code === "signed-out") return EXIT.signedOut;
  return /^http-5|^standby$/.test(code) ? EXIT.unreachable : EXIT.refused;
}

/** A network that went without a word: the broker's pings stay away. */
function watchSilence(webSocket: WebSocket): void {
  let timer = setTimeout(() => webSocket.terminate(), SILENCE_MS);
  webSocket.on("ping", () => {
    clearTimeout(timer);
    timer = setTimeout(() => webSocket.terminate(), SILENCE_MS);
  });
  webSocket.on("close", () => clearTimeout(timer));
}
