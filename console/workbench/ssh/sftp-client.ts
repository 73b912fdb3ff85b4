/**
 * Files of an asset over SFTP, for the page: requests and their answers over one channel of the
 * session. The broker's guard decides each; what it refuses is told with its rule.
 */
import type { CauseView } from "../../../broker/api/shapes/sessions.ts";
import { Inbox } from "../../../protocols/inbox.ts";
import { cutMessage, MESSAGE_LENGTH_MAX } from "../../../protocols/ssh/message.ts";
import { encodeInit, encodeNamed } from "../../../protocols/ssh/sftp/encode.ts";
import {
  cutReply,
  PACKET,
  PACKET_LENGTH_MAX,
  type SftpReply,
  STATUS,
} from "../../../protocols/ssh/sftp/packet.ts";
import { filesText as words } from "../../text/files.ts";
import type { SideChannel, SideSink } from "../side-channel.ts";
import { dataOf, openSession, startSubsystem } from "./ssh-messages.ts";

/** Why something was not done, in words; with the rule where the broker refused it. */
export class FileRefused extends Error {
  override readonly name = "FileRefused";
  readonly rule: string | undefined;
  constructor(message: string, rule?: string) {
    super(message);
    this.rule = rule;
  }
}

/** What was asked is answered by the broker's decision before the answer itself comes. */
export interface FileDecision {
  readonly verdict: "permit" | "deny" | "hold";
  readonly rule: string;
  readonly reason: string;
}

type Answer = Exclude<SftpReply, { kind: "version" }>;

interface Waiting {
  resolve(answer: Answer): void;
  reject(why: Error): void;
}

const VERSION = 3;
/** The credit of a channel, and a message that is not complete. */
const INBOX_MAX = 1_048_576 + MESSAGE_LENGTH_MAX;

export class SftpClient {
  /** Of decisions; undefined before it is open. */
  channel: number | undefined;
  private readonly side: SideChannel;
  private readonly messages = new Inbox(INBOX_MAX);
  private readonly packets = new Inbox(INBOX_MAX + PACKET_LENGTH_MAX);
  private readonly waiting = new Map<number, Waiting>();
  private readonly opening = Promise.withResolvers<void>();
  private lastId = 0;
  private refusal: FileDecision | undefined;
  private over: Error | undefined;

  /** @param open the channel, over which it speaks at once */
  constructor(open: (sink: SideSink) => SideChannel) {
    // Whoever waits for it hears; nobody else needs to.
    this.opening.promise.catch(() => undefined);
    this.side = open({
      opened: (channel) => {
        this.channel = channel;
        this.side.send(openSession());
        this.side.send(startSubsystem("sftp"));
      },
      refused: ({ message }) => this.end(new FileRefused(message)),
      bytes: (bytes, shown) => {
        this.received(bytes);
        shown();
      },
      closed: (cause: CauseView) => this.end(new FileRefused(words.channelEnd(cause.reason))),
    });
  }

  /** Resolves when requests can be made. */
  get ready(): Promise<void> {
    return this.opening.promise;
  }

  get isOver(): boolean {
    return this.over !== undefined;
  }

  decided(decision: FileDecision): void {
    if (decision.verdict === "deny") this.refusal = decision;
  }

  close(): void {
    this.side.close();
    this.end(new FileRefused(words.closed));
  }

  /** On a path or a handle and nothing else. */
  askNamed(type: number, name: Uint8Array): Promise<Answer> {
    return this.ask((id) => encodeNamed(type, id, name));
  }

  /** Rejects where it is refused, whoever refuses; an end of a file or folder is an answer. */
  async ask(encode: (id: number) => Uint8Array): Promise<Answer> {
    if (this.over) throw this.over;
    const id = ++this.lastId;
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.side.send(dataOf(encode(id)));
    });
    if (answer.kind === "status" && answer.code !== STATUS.ok && answer.code !== STATUS.eof) {
      throw this.refusedBy(answer);
    }
    return answer;
  }

  /** A handle is closed whatever became of what was done with it. */
  async closeHandle(handle: Uint8Array): Promise<void> {
    if (!this.over) await this.askNamed(PACKET.close, handle);
  }

  private refusedBy(answer: Extract<Answer, { kind: "status" }>): FileRefused {
    const { refusal } = this;
    if (answer.code !== STATUS.permissionDenied || !refusal) {
      return new FileRefused(words.status(answer.code, answer.text));
    }
    return new FileRefused(refusal.reason, refusal.rule);
  }

  private received(bytes: Uint8Array) {
    if (!this.messages.push(bytes)) return this.outOfStep();
    for (;;) {
      const cut = this.messages.take(cutMessage);
      if (cut.kind === "incomplete") return;
      if (cut.kind === "malformed") return this.outOfStep();
      const message = cut.frame;
      if (message.kind === "success") this.side.send(dataOf(encodeInit(VERSION)));
      else if (message.kind === "data") this.data(message.bytes);
      else if (message.kind === "failure") this.notStarted();
      else if (message.kind === "open-failure") this.end(new FileRefused(message.text));
      else if (message.kind === "close") this.end(new FileRefused(words.closed));
    }
  }

  private notStarted(): void {
    const { reason, rule } = this.refusal ?? { reason: words.notStarted, rule: undefined };
    this.end(new FileRefused(reason, rule));
  }

  private data(bytes: Uint8Array) {
    if (!this.packets.push(bytes)) return this.outOfStep();
    for (;;) {
      const cut = this.packets.take(cutReply);
      if (cut.kind === "incomplete") return;
      if (cut.kind === "malformed") return this.outOfStep();
      this.replied(cut.frame);
    }
  }

  private replied(reply: SftpReply) {
    if (reply.kind === "version") return this.opening.resolve();
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    waiting?.resolve(kept(reply));
  }

  private outOfStep(): void {
    this.end(new FileRefused(words.outOfStep));
  }

  private end(why: Error): void {
    if (this.over) return;
    this.over = why;
    this.side?.close();
    this.opening.reject(why);
    for (const { reject } of this.waiting.values()) reject(why);
    this.waiting.clear();
  }
}

/** Whoever asked looks at it later: content is a view of what the next packet is written over. */
function kept(answer: Answer): Answer {
  return answer.kind === "data" ? { ...answer, data: new Uint8Array(answer.data) } : answer;
}
