/**
 * The guard of one screen (RFB 3.3 to 3.8), after the legs have agreed on version and security.
 *
 *     ClientInit             -> decide rfb:view, then to the asset, always shared
 *     ServerInit             -> to the client, its name cleaned, in a pixel format that is carried
 *     SetEncodings           -> narrowed to what is carried
 *     updates                -> checked to their last byte, in pieces
 *     keys, buttons          -> each press is decided; moves once; releases never denied
 *     text copied            -> decided each, both ways
 *
 * Where pages of the screen are given, clicks say on which of them they are, and what is dragged
 * is decided move by move.
 *
 * RFB has no answer to a refusal: what is not permitted is dropped.
 */
import { type Asked, Asking } from "../asking.ts";
import type { Effect, Guard, GuardEvent, Input, Operation, Side } from "../guard.ts";
import { BACKLOG_MAX } from "../guard.ts";
import { type Cut, Inbox } from "../inbox.ts";
import { AssetStream } from "./asset-stream.ts";
import { type ClientMessage, cutClientMessage, encodeClientMessage } from "./client-message.ts";
import { ClientOutput } from "./client-output.ts";
import { carriedEncodings, ENCODING } from "./encodings.ts";
import { HandInput } from "./input.ts";
import type { LeftDown } from "./left-down.ts";
import { isScreen } from "./limits.ts";
import type { ClipboardOperation, ResizeOperation } from "./operation.ts";
import { PageWatch } from "./page-watch.ts";
import { type PixelFormat, PLAIN_FORMAT } from "./pixel-format.ts";
import type { ScreenPage } from "./screen-page.ts";
import {
  cleanName,
  encodeBell,
  encodeHello,
  encodeText,
  rectangleHead,
  updateHead,
} from "./to-client.ts";

/** A full read of a leg beyond the backlog at which the loop stops reading. */
const INBOX_MAX = 4 * BACKLOG_MAX;
/** Always shared: a session must not throw out whoever works at the panel. */
const SHARED = 1;

type State = "new" | "asking" | "hello" | "running" | "over";

export class RfbGuard implements Guard {
  readonly keepsDecisions = true as const;
  readonly releasesAtEnd = true as const;
  readonly neverAnswered = true as const;
  private readonly client = new Inbox(INBOX_MAX);
  private readonly asset: AssetStream;
  private readonly asking = new Asking();
  private readonly output = new ClientOutput((bytes) => this.toClient(bytes));
  private readonly input = new HandInput({
    ask: (items, asked) => this.ask("input", items, asked),
    toAsset: (bytes, decision) => this.toAsset(bytes, decision),
    release: (bytes) => this.release(bytes),
    refused: (reason) => this.refused(reason),
    page: () => this.pages?.page,
  });
  private readonly pages: PageWatch | undefined;
  private effects: Effect[] = [];
  private state: State = "new";
  /** Of seeing the screen: all that only asks for pictures is sent under it. */
  private view = 0;
  /** An update was asked for and none has ended since: its pixels are in the format of then. */
  private awaiting = false;
  /** A text waits for a person, by direction. */
  private readonly textWaits = { in: false, out: false };
  private resizeWaits = false;
  /** Until the asset understands hands. */
  private found: LeftDown | undefined;

  /**
   * @param pages that clicks are judged by; none: they are not
   * @param found what an earlier channel left down, and this one lets go of at its end
   */
  constructor(pages: readonly ScreenPage[] = [], found?: LeftDown) {
    this.found = found;
    this.pages = pages.length > 0 ? new PageWatch(pages) : undefined;
    this.asset = new AssetStream({
      hello: (width, height, format, name) => this.hello(width, height, format, name),
      updateBegins: (count) => this.output.add(updateHead(count)),
      rectangleBegins: (rectangle) => {
        this.output.add(rectangleHead(rectangle));
        this.pages?.rectangleBegins(rectangle);
      },
      data: (bytes) => {
        this.output.add(bytes);
        this.pages?.add(bytes);
      },
      rectangleEnds: () => this.pages?.rectangleEnds(this.asset.format),
      updateEnds: () => this.updateEnds(),
      bell: () => this.toClient(encodeBell()),
      text: (bytes) => this.textOut(bytes),
      textSkipped: (length) => this.refused(`the asset copied ${length} bytes: too long`),
      skipping: () => undefined,
    });
  }

  /** What nobody has let go of, as far as the asset knows. */
  get leftDown(): LeftDown | undefined {
    return this.found ?? this.input.leftDown;
  }

  step(input: Input): readonly Effect[] {
    this.effects = [];
    if (this.state === "over") return this.effects;
    if (input.kind === "bytes") this.receive(input.from, input.bytes);
    else if (input.kind === "answers") this.asking.answer(input.id, input.answers);
    else this.happened(input.event);
    this.advance();
    return this.effects;
  }

  backlog(from: Side): number {
    return from === "client" ? this.client.length : this.asset.inbox.length;
  }

  private receive(from: Side, bytes: Uint8Array): void {
    const inbox = from === "client" ? this.client : this.asset.inbox;
    if (!inbox.push(bytes)) this.violate(from, "more bytes than may wait here");
  }

  private happened(event: GuardEvent): void {
    if (event.kind === "capabilities") this.input.rightsChanged(event.capabilities.has("operate"));
    else if (event.kind === "withheld") this.input.withheld(event.decision);
    else if (event.kind === "end") {
      this.input.releaseAll();
      this.end();
    }
  }

  /** What the client asked for comes before what the asset sent next, however both were cut. */
  private advance(): void {
    while (this.state !== "over" && !this.asking.undecided) {
      if (this.takeFromClient()) continue;
      if (!this.takeFromAsset()) return;
    }
  }

  private takeFromClient(): boolean {
    if (this.state === "new") return this.begin();
    if (this.state !== "running") return false;
    const cut: Cut<ClientMessage> = this.client.take(cutClientMessage);
    if (cut.kind === "malformed") this.violate("client", cut.reason);
    if (cut.kind !== "frame") return false;
    this.fromClient(cut.frame);
    return true;
  }

  private takeFromAsset(): boolean {
    if (this.state !== "hello" && this.state !== "running") return false;
    const taken = this.asset.take();
    if (typeof taken !== "string") return taken;
    this.violate("asset", taken);
    return false;
  }

  private begin(): boolean {
    if (this.client.length === 0) return false;
    this.client.skip(1);
    this.state = "asking";
    this.ask("view", [{ action: "rfb:view", class: "observe" }], {
      permitted: (decision) => {
        this.view = decision;
        this.state = "hello";
        this.toAsset(Uint8Array.of(SHARED), decision);
      },
      denied: () => this.violate("client", "the screen may not be seen here"),
    });
    return true;
  }

  private hello(width: number, height: number, own: PixelFormat | undefined, name: Uint8Array) {
    const format = own ?? PLAIN_FORMAT;
    if (!own) this.toAsset(encodeClientMessage({ kind: "format", format }), this.view);
    this.asset.format = format;
    this.state = "running";
    this.pages?.begin(width, height);
    if (this.found) this.input.takeOver(within(this.found, width, height));
    this.found = undefined;
    this.toClient(encodeHello({ width, height, format, name: cleanName(name) }));
  }

  private fromClient(message: ClientMessage) {
    switch (message.kind) {
      case "format":
        return this.setFormat(message.format);
      case "encodings":
        return this.setEncodings(message.encodings);
      case "update-request":
        this.awaiting = true;
        this.pages?.requested();
        return this.toAsset(encodeClientMessage(message), this.view);
      case "key":
        return this.input.key(message.keysym, message.down);
      case "pointer":
        return this.pointer(message.mask, message.x, message.y);
      case "text":
        return this.textIn(message);
      case "resize":
        return this.resize(message);
    }
  }

  /** While an update is awaited nobody could tell in which format it comes. */
  private setFormat(format: PixelFormat) {
    if (this.awaiting || this.asset.rectanglesLeft > 0) {
      return this.violate("client", "another pixel format while an update is awaited");
    }
    this.asset.format = format;
    this.toAsset(encodeClientMessage({ kind: "format", format }), this.view);
  }

  private setEncodings(asked: readonly number[]): void {
    const encodings = carriedEncodings(asked);
    for (const encoding of encodings) this.asset.asked.add(encoding);
    const carried = encodings.length === 0 ? [ENCODING.raw] : encodings;
    this.toAsset(encodeClientMessage({ kind: "encodings", encodings: carried }), this.view);
  }

  /** Within the screen: what lies beyond means nothing. */
  private pointer(mask: number, x: number, y: number): void {
    const { width, height } = this.asset;
    this.input.pointer(mask, Math.min(x, width - 1), Math.min(y, height - 1));
  }

  private updateEnds(): void {
    this.awaiting = false;
    this.output.flush();
  }

  private textIn(message: Extract<ClientMessage, { kind: "text" }>): void {
    this.askText("in", message.text.length, (decision) =>
      this.toAsset(encodeClientMessage(message), decision),
    );
  }

  private textOut(bytes: Uint8Array): void {
    const message = encodeText(bytes);
    this.askText("out", bytes.length, (decision) => this.toClient(message, decision));
  }

  private askText(
    direction: ClipboardOperation["direction"],
    length: number,
    send: (decision: number) => void,
  ) {
    if (this.textWaits[direction]) return this.refused("another text waits for a person");
    this.textWaits[direction] = true;
    const item: ClipboardOperation = {
      action: "rfb:clipboard",
      class: "transfer",
      ...{ direction, length },
    };
    const answered: Asked = {
      permitted: (decision) => {
        this.textWaits[direction] = false;
        send(decision);
      },
      denied: () => {
        this.textWaits[direction] = false;
      },
    };
    this.ask("clipboard", [item], answered, direction === "out" || undefined);
  }

  private resize(message: Extract<ClientMessage, { kind: "resize" }>) {
    const { width, height } = message;
    if (!this.asset.asked.has(ENCODING.extendedDesktopSize) || !isScreen(width, height)) {
      return this.refused(`a desktop of ${width} × ${height}`);
    }
    if (this.resizeWaits) return this.refused("another size waits for a person");
    this.resizeWaits = true;
    const item: ResizeOperation = { action: "rfb:resize", class: "configure", width, height };
    this.ask("resize", [item], {
      permitted: (decision) => {
        this.resizeWaits = false;
        this.toAsset(encodeClientMessage(message), decision);
      },
      denied: () => {
        this.resizeWaits = false;
      },
    });
  }

  private ask(lane: string, items: readonly Operation[], asked: Asked, unasked?: true): void {
    // In order: what was gathered came before.
    this.output.flush();
    const id = this.asking.next(asked);
    const begun = unasked && { unasked };
    this.effects.push({ kind: "decide", id, request: id, lane, items, ...begun });
  }

  private toAsset(bytes: Uint8Array, decision: number): void {
    this.effects.push({ kind: "send", to: "asset", bytes, decision });
  }

  private release(bytes: Uint8Array): void {
    this.effects.push({ kind: "send", to: "asset", bytes, release: true });
  }

  private toClient(bytes: Uint8Array, decision?: number): void {
    const effect = { kind: "send", to: "client", bytes } as const;
    this.effects.push(decision === undefined ? effect : { ...effect, decision });
  }

  private refused(reason: string): void {
    this.effects.push({ kind: "refused", request: 0, reason });
  }

  /** Nothing may stay pressed, whoever broke the protocol. */
  private violate(from: Side, reason: string): void {
    this.input.releaseAll();
    this.end();
    this.effects.push({ kind: "violation", from, reason });
  }

  private end(): void {
    this.state = "over";
    this.asking.clear();
    this.client.clear();
    this.asset.inbox.clear();
  }
}

/** Its size may be another one now. */
function within({ x, y, ...left }: LeftDown, width: number, height: number): LeftDown {
  return { ...left, x: Math.min(x, width - 1), y: Math.min(y, height - 1) };
}
