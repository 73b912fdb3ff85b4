/**
 * The sessions of a gateway, as control asks for them over one connection: opened by permits that
 * control signed, ended with the connection, and still while the lease is out.
 */
import type { KeyObject } from "node:crypto";
import type { Operation } from "../../../protocols/guard.ts";
import { parseHeader } from "../../../protocols/tape/header.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import type { Permit } from "../../access/permit.ts";
import type { Clock } from "../../clock.ts";
import type { SessionRecorder } from "../../evidence/session-recorder.ts";
import type { Scanner } from "../../legs/clamd.ts";
import type { OpcuaProcess } from "../../legs/opcua/apart/opcua-process.ts";
import type { Credential } from "../../plant/credential.ts";
import type { HoldAnswer } from "../../sessions/hold.ts";
import type { MalwareFound } from "../../sessions/scans.ts";
import { type Cause, type SessionHost, SessionRefused } from "../../sessions/session.ts";
import { createSessionHost } from "../../sessions/session-host.ts";
import type { Link } from "../link.ts";
import type { ToGateway } from "../messages.ts";
import { KnownAssets } from "./known-assets.ts";
import type { OpcuaNews } from "./opcua-news.ts";
import { ServedSession } from "./served-session.ts";
import { Tally } from "./tally.ts";

/** What assets are reached with besides sockets: the machine's own. */
export interface GatewayMeans {
  /** Where assets of OPC UA are reached from. */
  readonly opcua: OpcuaProcess;
  /** What becomes of it. */
  readonly opcuaNews: Pick<OpcuaNews, "tellControl">;
  /** Undefined where none is configured: nothing that must be scanned is sent then. */
  readonly scanner: Scanner | undefined;
  /**
   * Keeps a file with malware for whoever may open it.
   * @returns where; undefined where there is no room for more
   */
  quarantine(
    recipients: readonly string[],
    digest: string,
    content: Uint8Array,
  ): Promise<string | undefined>;
}

export interface ServedSessionsParts extends Pick<GatewayMeans, "opcua" | "scanner"> {
  readonly recorder: SessionRecorder;
  /** Control's: what it did not sign is not opened. */
  readonly permitKey: KeyObject;
  readonly clock: Clock;
  readonly build: string;
  readonly link: Link;
  /** Where this was kept. */
  kept(digest: string, content: Uint8Array): Promise<string | undefined>;
}

type Asking = Extract<ToGateway, { ask: number }>;
type Telling = Exclude<Extract<ToGateway, { session: number }>, Asking>;
type Opening = Extract<ToGateway, { kind: "open" }>;

export class ServedSessions {
  private readonly parts: ServedSessionsParts;
  private readonly host: SessionHost;
  private readonly assets = new KnownAssets();
  private readonly tally: Tally;
  private readonly byNumber = new Map<number, ServedSession>();
  private readonly bySession = new Map<string, ServedSession>();
  /** Being opened; those whose end came meanwhile have its cause. */
  private readonly opening = new Map<number, Cause | undefined>();
  private readonly headers = new Map<string, Header>();
  private still: Cause | undefined;

  constructor(parts: ServedSessionsParts) {
    this.parts = parts;
    const { recorder, permitKey, clock, build, link, opcua, scanner } = parts;
    this.tally = new Tally(clock, (counts) => link.send({ kind: "operations", counts }));
    this.host = createSessionHost({
      ...{ recorder, permitKey, clock, build, opcua, scanner },
      credentials: this.assets.credentials,
      trusted: this.assets.trusted,
      headerOf: ({ session }) => this.headerOf(session),
      hooks: {
        onOperation: (operationClass, verdict) => this.tally.count(operationClass, verdict),
        onHold: ({ claims }, hold) => this.bySession.get(claims.session)?.asked(hold),
        onHoldsChange: () => this.stateChanged(),
        onChange: () => this.stateChanged(),
        onEnd: ({ claims }, cause, report) => {
          this.bySession.get(claims.session)?.over(cause, report.droppedOperations);
          this.forget(claims.session);
        },
        onStrangeKey: (session, endpoint, shown, pinned) =>
          this.bySession.get(session)?.strange(endpoint, shown, pinned),
        onAlarm: ({ claims }, text) => this.bySession.get(claims.session)?.alarm(text),
        onMalware: ({ claims }, found) => void this.malware(claims.session, found),
        onScannerAway: ({ claims }, reason) =>
          this.bySession.get(claims.session)?.scannerAway(reason),
        onExchanged: ({ claims }, reason) => this.bySession.get(claims.session)?.exchanged(reason),
      },
    });
  }

  tell(message: Telling): void {
    const { session } = message;
    if (message.kind === "end" && this.opening.has(session)) {
      this.opening.set(session, message.cause as Cause);
    }
    this.byNumber.get(session)?.hear(message);
  }

  bytes(session: number, channel: number, bytes: Uint8Array): void {
    this.byNumber.get(session)?.bytes(channel, bytes);
  }

  /** The answer goes over the link. */
  ask(message: Asking): void {
    const { link } = this.parts;
    const { ask } = message;
    this.answer(message).then(
      (value) => link.send({ kind: "reply", ask, value: value ?? null }),
      (error: unknown) => {
        const code = error instanceof SessionRefused ? error.code : "gateway-failed";
        const said = error instanceof Error ? error.message : String(error);
        link.send({ kind: "refused", ask, code, message: said.slice(0, 2_000) });
      },
    );
  }

  /** Undefined: control was heard again. */
  stillBecause(cause: Cause | undefined): void {
    const before = this.still;
    this.still = cause;
    if ((before === undefined) === (cause === undefined)) return;
    for (const served of this.byNumber.values()) served.holdStill(cause);
  }

  /** All end as at a cut; resolves once their tapes are on this disk. */
  async close(cause: Cause): Promise<void> {
    for (const served of [...this.byNumber.values()]) served.live.end(cause);
    this.tally.stop();
    await this.host.shutdown();
  }

  private async answer(message: Asking): Promise<unknown> {
    if (this.still) throw new SessionRefused("gateway-still", "The gateway has lost its lease.");
    if (message.kind === "open") return this.open(message);
    if (message.kind === "identify") return this.host.identify(message.permit as unknown as Permit);
    const served = this.byNumber.get(message.session);
    if (!served) throw new SessionRefused("session-ended", "The session has ended.");
    switch (message.kind) {
      case "attach":
        return served.attach(message.channel, message.peer);
      case "answer":
        return served.live.answerHold(message.hold, message.answer as HoldAnswer) ?? NOT_HELD;
      case "beforehand":
        return served.live.askBeforehand(message.operation as unknown as Operation);
      case "read-after":
        return served.live.readAfter();
    }
  }

  private async open({ session: number, permit, header, credential, pins }: Opening) {
    const parsed = parseHeader(header);
    if (!parsed) throw new SessionRefused("permit-invalid", "The session has no header.");
    const { session, asset, endpoint } = parsed;
    const name = `${asset.id}/${endpoint.id}`;
    this.opening.set(number, undefined);
    this.headers.set(session, parsed);
    this.assets.set(session, name, {
      credential: (credential ?? undefined) as Credential | undefined,
      pins,
    });
    try {
      const live = await this.host.open(permit as unknown as Permit);
      const { clock, link } = this.parts;
      const served = new ServedSession({ live, number, clock, link });
      this.byNumber.set(number, served);
      this.bySession.set(session, served);
      const ended = this.opening.get(number);
      if (ended) live.end(ended);
      if (this.still) served.holdStill(this.still);
    } catch (error) {
      this.assets.forget(session);
      throw error;
    } finally {
      this.opening.delete(number);
      this.headers.delete(session);
    }
  }

  private headerOf(session: string): Header {
    const header = this.headers.get(session);
    if (!header) throw new SessionRefused("permit-invalid", "The permit is of another session.");
    return header;
  }

  /** The session may be over by the time it is kept. */
  private async malware(session: string, { path, digest, name, content }: MalwareFound) {
    const served = this.bySession.get(session);
    const keeping = content && this.parts.kept(digest, content);
    const kept = await Promise.resolve(keeping).catch(() => undefined);
    served?.malware({ path, digest, name, kept: kept ?? null });
  }

  private stateChanged(): void {
    for (const served of this.byNumber.values()) served.changed();
  }

  private forget(session: string): void {
    const served = this.bySession.get(session);
    if (served) this.byNumber.delete(served.number);
    this.bySession.delete(session);
    this.assets.forget(session);
  }
}

const NOT_HELD = { kind: "void", reason: "it does not wait any more" };
