/**
 * One `sallyport connect`: what is said between the command and the broker, and the session that
 * is worked in by it. With the link gone the tool's connections are closed, and the session waits
 * as long as its lease says.
 */
import type { WebSocket } from "ws";
import { AccessRefused } from "../../access/access.ts";
import type { Clock } from "../../clock.ts";
import type { SignedIn } from "../../identity/identity.ts";
import { openToolRoad, speaksNative, type ToolRoad } from "../../native/connect/tool-road.ts";
import type { NativeAsks } from "../../native/native-asks.ts";
import type { Cause, LiveSession, SessionEvent, SessionHost } from "../../sessions/session.ts";
import { newId } from "../../store/ids.ts";
import type { OwnerLinks } from "../live/owner-links.ts";
import { type NativeGround, targetOf } from "../native/native-view.ts";
import { ApiRefused, brokerFault, notFound, refusalOf } from "../problem.ts";
import { recorderView } from "../sessions/recorder-view.ts";
import { sessionView } from "../sessions/session-view.ts";
import { type FromConnect, fromConnect, type ToConnect } from "../shapes/connect.ts";
import type { ConnectParts } from "./connect-channel.ts";

/** Connections of one tool at a time: some open one a window. */
const CHANNELS_MAX = 64;
/** What waits for a command that does not read; it is told of refusals and ends alone. */
const WAITING_MAX = 1_048_576;
/** Words that are on their way when it is over. */
const FAREWELL_MS = 1_000;

type Given = "recorder" | "opcua" | "hostKey" | "origin" | "log" | "wasLost";

export interface LinkParts extends Pick<ConnectParts, Given> {
  readonly ground: NativeGround;
  readonly asks: NativeAsks;
  readonly sessions: SessionHost;
  readonly owners: OwnerLinks;
  readonly clock: Clock;
  /** As it stands now; undefined once it is over. */
  me(): SignedIn | undefined;
  seen(): void;
  /** Called once. */
  closed(): void;
}

export class ConnectLink {
  private readonly socket: WebSocket;
  private readonly parts: LinkParts;
  private readonly channels = new Set<WebSocket>();
  private session: LiveSession | undefined;
  private road: ToolRoad | undefined;
  private busy = false;
  private over = false;
  private withdraw: () => void = () => {};
  private release: () => void = () => {};

  constructor(socket: WebSocket, parts: LinkParts) {
    this.socket = socket;
    this.parts = parts;
    socket.on("message", (data: Buffer, isBinary: boolean) => this.received(data, isBinary));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => this.gone());
  }

  get sessionId(): string | undefined {
    return this.session?.claims.session;
  }

  get size(): number {
    return this.channels.size;
  }

  get hasRoom(): boolean {
    return this.road !== undefined && this.channels.size < CHANNELS_MAX;
  }

  /** One more connection of the tool. */
  serve(socket: WebSocket, port: number, halfCloses: boolean): void {
    const { road } = this;
    if (!road || this.over) {
      socket.terminate();
      return;
    }
    this.channels.add(socket);
    socket.on("close", () => this.channels.delete(socket));
    socket.on("error", () => socket.terminate());
    road.serve(socket, { address: this.address, port }, halfCloses);
  }

  /** It is told why, and goes. */
  dismiss(cause: Cause): void {
    this.say({ kind: "over", cause });
    this.gone();
    this.socket.close();
    setTimeout(() => this.socket.terminate(), FAREWELL_MS).unref();
  }

  private get address(): string {
    return this.parts.me()?.signIn.address ?? "";
  }

  private received(data: Buffer, isBinary: boolean): void {
    const said = isBinary ? undefined : fromConnect.safeParse(jsonOf(data));
    if (!said?.success) this.dismiss(NOT_UNDERSTOOD);
    else if (!this.parts.me()) this.dismiss(SIGNED_OUT);
    else this.act(said.data);
  }

  private act(said: FromConnect): void {
    if (said.kind === "activity") {
      this.parts.seen();
      this.session?.activity();
    } else if (said.kind === "end") void this.end();
    else if (this.busy || this.session) this.dismiss(NOT_UNDERSTOOD);
    else {
      this.busy = true;
      void this.begin(said).finally(() => {
        this.busy = false;
      });
    }
  }

  private async begin(said: Extract<FromConnect, { kind: "open" | "resume" }>): Promise<void> {
    try {
      if (said.kind === "resume") await this.take(await this.own(said.session));
      else {
        const session = await this.open(said);
        // Whatever happens to the link from here on: the lease ends what nobody works in.
        session.ownerPresent(false);
        await this.take(session);
      }
    } catch (error) {
      const { code, message } = (refusalOf(error) ?? this.fault(error)).problem;
      this.say({ kind: "refused", code, message });
    }
  }

  private fault(error: unknown): ApiRefused {
    const id = newId();
    this.parts.log.error({ request: id, error }, "a session was not opened for sallyport connect");
    return brokerFault(id);
  }

  /** @throws ApiRefused session-lost; not-found, alike for sessions of others and for none */
  private async own(id: string): Promise<LiveSession> {
    const session = this.parts.sessions.get(id);
    const { person } = this.signedIn();
    if (!session && (await this.parts.wasLost(id, person.id))) throw lost();
    if (session?.claims.subject.id !== person.id) throw notFound();
    if (!speaksNative(session.claims.endpoint.protocol)) throw notNative();
    return session;
  }

  private async open({
    target,
    profile,
  }: Extract<FromConnect, { kind: "open" }>): Promise<LiveSession> {
    const { ground } = this.parts;
    const me = this.signedIn();
    const found = targetOf(ground, { target, person: me.person.id }, me.person);
    const grant = found?.grants.find((each) => each.profile === (profile ?? each.profile));
    if (!found || !grant) throw noGrant(target);
    if (!speaksNative(found.protocol)) throw notNative();
    try {
      return await ground.access.openSession(me, found.endpoint, grant.id);
    } catch (error) {
      if (!(error instanceof AccessRefused) || error.code !== "step-up-required") throw error;
      return this.ask(found.endpoint, found.protocol);
    }
  }

  /** The passkey is in the browser: there the person picks the number that the command shows. */
  private async ask(
    target: string,
    protocol: LiveSession["claims"]["endpoint"]["protocol"],
  ): Promise<LiveSession> {
    const { person, signIn } = this.signedIn();
    const asked = this.parts.asks.ask({
      ...{ target, protocol, address: signIn.address, person: person.id },
      tool: `sallyport connect on ${signIn.machine?.name ?? "a machine"}`,
    });
    if (!asked) throw new ApiRefused(429, "rate-limited", "Too many tools wait. Try again soon.");
    this.withdraw = asked.withdraw;
    const { id, number, untilMs } = asked.ask;
    this.say({ kind: "ask", url: `${this.parts.origin}/native/${id}`, number, untilMs });
    const answer = await asked.answered;
    this.withdraw = () => {};
    if (answer.kind === "approved") return answer.session;
    throw new ApiRefused(403, "not-approved", `Not opened: ${answer.reason}.`);
  }

  private signedIn(): SignedIn {
    const me = this.parts.me();
    if (!me) throw new ApiRefused(401, "signed-out", "The sign-in is over.");
    return me;
  }

  private async take(session: LiveSession): Promise<void> {
    const { clock, owners, recorder } = this.parts;
    const { person } = this.signedIn();
    const road = await openToolRoad({
      ...{ session, hostKey: this.parts.hostKey, opcua: this.parts.opcua },
      peer: `connect ${this.address}`,
      input: () => this.touched(),
      told: (reason) => this.say({ kind: "channel", reason }),
    });
    if (this.over) {
      road.close();
      return;
    }
    this.session = session;
    this.road = road;
    const letGo = owners.claim(session, ({ rule, reason }) => this.dismiss({ rule, reason }));
    const stopListening = session.listen((event) => this.heard(event));
    this.release = () => {
      stopListening();
      letGo();
    };
    const view = sessionView(session, person.id, recorderView(recorder));
    const { leaseMs } = session.claims.limits;
    this.say({ kind: "opened", session: view, tool: road.tool, leaseMs });
    void session.closed.then((cause) => {
      // The tool's side has a moment to hear what its protocol says at the end.
      clock.after(FAREWELL_MS, () => this.dismiss(cause));
    });
  }

  private heard(event: SessionEvent): void {
    if (event.kind === "decision" && event.verdict === "permit") {
      this.touched();
      return;
    }
    this.say({ kind: "event", event });
    if (event.kind === "end") this.road?.close();
  }

  /** What changes something, or waits to, was done by somebody. Polling is not told here. */
  private touched(): void {
    this.session?.activity();
    this.parts.seen();
  }

  private async end(): Promise<void> {
    const { session } = this;
    if (!session) {
      this.dismiss(ENDED);
      return;
    }
    await session.readAfter();
    const by = session.claims.subject.id;
    session.end({ rule: "owner-ended", reason: "ended by its owner", by });
  }

  private say(message: ToConnect): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > WAITING_MAX) this.socket.terminate();
    else this.socket.send(JSON.stringify(message));
  }

  private gone(): void {
    if (this.over) return;
    this.over = true;
    this.withdraw();
    this.release();
    for (const socket of [...this.channels]) socket.terminate();
    this.road?.close();
    this.parts.closed();
  }
}

const NOT_UNDERSTOOD: Cause = {
  rule: "violation",
  reason: "The command said what makes no sense.",
};
const SIGNED_OUT: Cause = { rule: "signed-out", reason: "The sign-in of this machine is over." };
const ENDED: Cause = { rule: "owner-ended", reason: "Ended." };

function lost(): ApiRefused {
  const message = "The broker that this session ran in was lost, and the session with it.";
  return new ApiRefused(410, "session-lost", message);
}

function notNative(): ApiRefused {
  return new ApiRefused(409, "not-native", "This is opened in the browser alone.");
}

/** The same where it does not exist and where one may not open it. */
function noGrant(target: string): ApiRefused {
  const message = `You may open nothing called "${target}" now. Look at \`sallyport assets\`, or ask for access.`;
  return new ApiRefused(403, "no-grant", message);
}

function jsonOf(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8"));
  } catch {
    return undefined;
  }
}
