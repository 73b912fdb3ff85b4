/**
 * Notices by mail, one letter for each person, plain text alone: nothing in it is markup. Mail
 * goes out over a connection of the second dialer; the library only speaks on it.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { createTransport } from "nodemailer";
import type { Clock } from "../../clock.ts";
import type { StreamDestination } from "../../legs/integration-dialer.ts";
import type { FeedItem } from "../../store/integration-feed.ts";
import { plainText } from "../../store/plain-text.ts";
import type { MailVia, Topic } from "../model.ts";
import { NotTaken, type Progress, type Receiver } from "../receiver.ts";
import { trustRead } from "../web-post.ts";
import { type Notice, type NoticeSite, noticeOf } from "./notice.ts";
import { checkAge, isWanted, NOTICE_ATTEMPTS_MAX } from "./web-notices.ts";

/** Between two words of the mail server; the whole of a letter takes a few of them. */
const WORD_WITHIN_MS = 10_000;
/** Longer than the first, whose message says more. */
const SILENCE_MAX_MS = 15_000;
const SUBJECT_MAX = 150;
/** From the connection to the last word. */
const LETTER_WITHIN_MS = 60_000;
/** What a server says about one letter, certificates included, takes a few thousand. */
const READ_BYTES_MAX = 256 * 1024;
/** How late a flood is noticed. */
const LOOK_MS = 20;

export interface MailNoticesParts {
  readonly via: MailVia;
  readonly about: readonly Topic[];
  readonly clock: Clock;
  connect(destination: StreamDestination): Promise<Socket>;
  site(): NoticeSite;
  /** Mail addresses of those whom it concerns. */
  concerned(item: FeedItem): Promise<readonly string[]>;
}

export class MailNotices implements Receiver {
  readonly batchMax = 1;
  readonly attemptsMax = NOTICE_ATTEMPTS_MAX;
  private readonly parts: MailNoticesParts;

  constructor(parts: MailNoticesParts) {
    this.parts = parts;
  }

  wanted(kind: string): boolean {
    return isWanted(this.parts.about, kind);
  }

  async deliver(items: readonly FeedItem[], progress: Progress): Promise<void> {
    const { via, about, site, concerned } = this.parts;
    for (const item of items) {
      const notice = noticeOf(item, site());
      if (!notice || !about.includes(notice.topic)) continue;
      checkAge(item, this.parts.clock);
      const to = via.to === "concerned" ? await concerned(item) : via.to;
      for (const address of to) {
        if (!progress.served.includes(address)) await this.write(item, notice, address, progress);
      }
    }
  }

  private async write(
    item: FeedItem,
    notice: Notice,
    address: string,
    progress: Progress,
  ): Promise<void> {
    try {
      await this.send(notice, address);
    } catch (error) {
      if (!isFinal(error)) throw error;
      await progress.gaveUp(item, address, error instanceof Error ? error.message : String(error));
    }
    await progress.serve(address);
  }

  private async send(notice: Notice, address: string): Promise<void> {
    const { via, site } = this.parts;
    const socket = await this.open();
    const unbound = bound(socket);
    const transport = createTransport({
      ...{ host: via.host, port: via.port, secure: via.security === "tls" },
      requireTLS: via.security === "starttls",
      ignoreTLS: via.security === "plain",
      tls: {
        ...(via.ca && { ca: via.ca.read() }),
        minVersion: "TLSv1.2",
        rejectUnauthorized: true,
      },
      ...(via.user && {
        auth: { user: via.user.read(), pass: via.password?.read() ?? "" },
      }),
      ...{ greetingTimeout: WORD_WITHIN_MS, socketTimeout: SILENCE_MAX_MS },
      ...{ disableFileAccess: true, disableUrlAccess: true },
      getSocket: (_options, found) =>
        found(null, { connection: socket, secured: via.security === "tls" }),
    });
    try {
      await transport.sendMail({
        from: via.from,
        // As an object the address is taken as it is: nothing in it can name a second one.
        to: { name: "", address: oneAddress(address) },
        subject: plainText(`[${site().siteName}] ${notice.title}`, SUBJECT_MAX),
        text: letterText(notice),
        messageId: `<${notice.id}.${addressTag(address)}@${domainOf(via.from)}>`,
        headers: { "auto-submitted": "auto-generated" },
        ...(notice.urgent && { priority: "high" as const }),
      });
    } finally {
      unbound();
      transport.close();
      socket.destroy();
    }
  }

  private async open(): Promise<Socket> {
    const { via, connect } = this.parts;
    const { host, port, security } = via;
    const trust = security === "tls" ? { security: trustRead(via) } : {};
    const socket = await connect({ host, port, ...trust });
    // The library listens only while it speaks; what comes later must not end the broker.
    socket.on("error", () => {});
    void once(socket, "end").then(
      () => socket.end(),
      () => {},
    );
    return socket;
  }
}

/** A server that floods or never comes to an end. @returns what lets go of the socket */
function bound(socket: Socket): () => void {
  const untilMs = performance.now() + LETTER_WITHIN_MS;
  const watch = setInterval(() => {
    if (socket.bytesRead > READ_BYTES_MAX) socket.destroy(new Error("the server says too much"));
    if (performance.now() > untilMs) socket.destroy(new Error("the server takes too long"));
  }, LOOK_MS);
  return () => clearInterval(watch);
}

/** The person of the store has an address that was checked; one from elsewhere must be one line. */
function oneAddress(address: string): string {
  if (/^[^\s@<>,;:"()[\]\\\p{Cc}]+@[^\s@<>,;:"()[\]\\\p{Cc}]+$/u.test(address)) return address;
  throw new NotTaken("this is not a mail address", true);
}

/** SMTP answers of the 500s are about this letter, except those about who we are. */
function isFinal(error: unknown): boolean {
  if (error instanceof NotTaken) return error.isFinal;
  const code = (error as { readonly responseCode?: number }).responseCode ?? 0;
  return code >= 550 && code < 560;
}

function letterText({ title, facts, link, linkText, urgent }: Notice): string {
  const lines = [
    `${urgent ? "Alarm: " : ""}${unlinked(title)}`,
    "",
    ...facts.map(([label, value]) => `${label}: ${unlinked(value)}`),
    "",
    `${linkText}: ${link}`,
    "",
    "Whatever is to be decided is decided there, with your passkey. No link or code that signs",
    "you in is ever sent by mail.",
  ];
  return `${lines.join("\n")}\n`;
}

/** Mail programs make links of what looks like one: only ours may. */
function unlinked(text: string): string {
  return text.replaceAll("://", ": //").replace(/\bwww\./gi, "www .");
}

/** So that the letters of one event to several people have ids of their own, and keep them. */
function addressTag(address: string): string {
  return Buffer.from(address).toString("base64url");
}

function domainOf(from: string): string {
  return /@([^\s@<>]+)>?$/.exec(from)?.[1] ?? "localhost";
}
