/**
 * SFTP inside a channel: every request is an operation on a path, decided, then encoded anew.
 *
 * A path is decided twice where the asset reads it otherwise than it is written: once as the
 * client wrote it, once as the asset resolves it (REALPATH), and the request goes on with the
 * resolved path. What is opened is looked at once more before anybody has its handle, so that a link
 * which was put there in between opens nothing; what else is done by a path is not safe from that.
 *
 * The client never sees handles of the asset, nor its extensions.
 */
import type { Side } from "../../guard.ts";
import { Inbox } from "../../inbox.ts";
import type { PassedOperation } from "../operation.ts";
import type { FilterHost, StreamFilter } from "../stream-filter.ts";
import { encodeInit, encodeReply } from "./encode.ts";
import { Files } from "./files.ts";
import { fileOperation, type UnderWay } from "./files-parts.ts";
import {
  cutOlderRequest,
  cutReply,
  cutRequest,
  isWhole,
  PACKET_LENGTH_MAX,
  type SftpReply,
  type SftpRequest,
  STATUS,
} from "./packet.ts";

/** Two packets of the largest kind. */
const INBOX_MAX = 2 * (PACKET_LENGTH_MAX + 4);
/** OpenSSH's client keeps 64 under way. */
const UNDER_WAY_MAX = 256;

export class SftpFilter implements StreamFilter {
  private readonly inboxes = { client: new Inbox(INBOX_MAX), asset: new Inbox(INBOX_MAX) };
  private readonly decision: number;
  private readonly host: FilterHost;
  private readonly files: Files;
  private readonly underWay = new Map<number, UnderWay>();
  private state: "new" | "greeting" | "ready" = "new";
  private lastId = 0;

  /** @param decision of the subsystem */
  constructor(decision: number, host: FilterHost) {
    this.decision = decision;
    this.host = host;
    this.files = new Files({
      decision,
      ask: host.ask,
      newHash: host.newHash,
      realpathUndecided: host.realpathUndecided ?? false,
      passedUntold: host.passedUntold ?? false,
      openedUnlooked: host.openedUnlooked ?? false,
      send: (encode, decided, underWay) => this.send(encode, decided, underWay),
      answer: (id, reply) => host.toClient(encodeReply(reply, id)),
      outcome: host.outcome,
      say: (text) => host.say?.(text),
      refused: host.refused,
    });
  }

  get waits(): boolean {
    return this.files.resolving || this.state === "greeting" || this.underWay.size >= UNDER_WAY_MAX;
  }

  push(from: Side, bytes: Uint8Array): boolean {
    return this.inboxes[from].push(bytes);
  }

  /** What is behind a packet that is not whole yet comes no sooner for reading nothing more. */
  backlog(from: Side): number {
    const { length, view } = this.inboxes[from];
    return isWhole(view.bytes, view.start, length) ? length : 0;
  }

  left(): readonly PassedOperation[] {
    return this.files.left();
  }

  take(from: Side): boolean {
    if (from === "asset") return this.takeReply();
    if (this.waits) return false;
    const cut = this.inboxes.client.take(this.host.openedUnlooked ? cutOlderRequest : cutRequest);
    if (cut.kind === "malformed") this.host.violate("client", cut.reason);
    if (cut.kind !== "frame") return false;
    this.requested(cut.frame);
    return true;
  }

  private requested(request: SftpRequest): void {
    if ((request.kind === "init") !== (this.state === "new")) {
      this.host.violate("client", `${request.kind} has no place here`);
    } else if (request.kind === "init") {
      this.state = "greeting";
      this.host.toAsset(encodeInit(VERSION), this.decision);
    } else if (request.kind === "extended") {
      this.extended(request.id, request.name);
    } else {
      this.files.requested(request);
    }
  }

  /** None is carried: what they do is seen in the recording, whoever asks. */
  private extended(id: number, name: string): void {
    const text = "extensions are not carried";
    const refuse = () => {
      const reply = { kind: "status", id, code: STATUS.opUnsupported, text } as const;
      this.host.toClient(encodeReply(reply, id));
    };
    const operation = fileOperation("file:other", "/", { name });
    this.host.ask([operation], { permitted: refuse, denied: refuse });
  }

  private takeReply(): boolean {
    const cut = this.inboxes.asset.take(cutReply);
    if (cut.kind === "malformed") this.host.violate("asset", cut.reason);
    if (cut.kind !== "frame") return false;
    const reply = cut.frame;
    if (reply.kind === "version") this.greeted(reply.version);
    else this.replied(reply);
    return true;
  }

  private greeted(version: number): void {
    if (this.state !== "greeting") return void this.host.violate("asset", "a second greeting");
    if (version < VERSION) return void this.host.violate("asset", `SFTP version ${version}`);
    this.state = "ready";
    this.host.toClient(encodeReply({ kind: "version", version: VERSION }, 0));
  }

  private replied(reply: Exclude<SftpReply, { kind: "version" }>): void {
    const underWay = this.underWay.get(reply.id);
    this.underWay.delete(reply.id);
    if (underWay?.allows.includes(reply.kind)) underWay.replied(reply);
    else this.host.violate("asset", `an SFTP ${reply.kind} that answers nothing`);
  }

  private send(encode: (id: number) => Uint8Array, decision: number, underWay: UnderWay): void {
    do this.lastId = (this.lastId + 1) >>> 0;
    while (this.underWay.has(this.lastId));
    this.underWay.set(this.lastId, underWay);
    this.host.toAsset(encode(this.lastId), decision);
  }
}

const VERSION = 3;
