/**
 * The panel's side of a session: keeps a viewer on the channel for as long as there is one, tells
 * what was refused and by which rule, and hands text to and fro.
 */
import type { CauseView } from "../../../broker/api/shapes/sessions.ts";
import type { SessionEvent } from "../session-state.ts";
import type { Desk, Way } from "../use-session.ts";
import { HeldHand } from "./held-hand.ts";
import { ScreenChannel } from "./screen-channel.ts";

type Decision = Extract<SessionEvent, { kind: "decision" }>;

export interface Judged {
  readonly action: string;
  readonly rule: string;
  readonly reason: string;
}

/** What draws the screen: noVNC, made anew for each channel. */
export interface Viewer {
  viewOnly: boolean;
  close(): void;
}

export interface ViewerEvents {
  connected(): void;
  /** Latin-1 text that was copied on the screen. */
  copied(text: string): void;
}

export type MakeViewer = (channel: ScreenChannel, events: ViewerEvents) => Viewer;

export interface PanelState {
  readonly phase: "connecting" | "shown" | "away";
  /** Why the screen is gone, in words. */
  readonly closed: string | undefined;
  readonly refusal: Judged | undefined;
  /** A second person is asked, under this rule. */
  readonly waiting: Judged | undefined;
  /** Latest text that was copied on the screen. */
  readonly copied: string | undefined;
}

const BEGIN: PanelState = {
  ...{ phase: "connecting", closed: undefined },
  ...{ refusal: undefined, waiting: undefined, copied: undefined },
} as const;

/** Moves are refused by the hundred; a person is told of what they meant to do. */
const QUIET: ReadonlySet<string> = new Set(["rfb:pointer"]);

export class PanelDesk implements Desk {
  private way: Way | undefined;
  private channel = 0;
  private make: MakeViewer | undefined;
  private viewer: Viewer | undefined;
  private wire: ScreenChannel | undefined;
  private attachedNow = false;
  /** A viewer has begun on the channel that is attached. */
  private used = false;
  private viewOnlyNow = false;
  private current = BEGIN;
  private readonly hand = new HeldHand((down) => this.way?.holding(down));
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): PanelState => this.current;

  /** Where the screen is drawn from now on; the returned function takes it away. */
  show(make: MakeViewer): () => void {
    this.make = make;
    // A channel on which somebody began before cannot be begun again.
    if (this.attachedNow && this.used) this.way?.renew();
    else if (this.attachedNow) this.begin();
    return () => {
      this.make = undefined;
      this.drop("not shown any more");
    };
  }

  set viewOnly(viewOnly: boolean) {
    this.viewOnlyNow = viewOnly;
    if (this.viewer) this.viewer.viewOnly = viewOnly;
  }

  connect(way: Way): void {
    this.way = way;
  }

  attached(channel: number): void {
    this.channel = channel;
    this.attachedNow = true;
    this.used = false;
    this.drop("a new channel");
    if (this.make) this.begin();
  }

  away(): void {
    this.attachedNow = false;
    this.drop("away");
    this.change({ phase: "away", waiting: undefined });
  }

  bytes(bytes: Uint8Array, shown: () => void): void {
    this.wire?.received(bytes);
    shown();
  }

  closed(cause: CauseView): void {
    this.attachedNow = false;
    this.drop(cause.reason);
    this.change({ phase: "away", closed: cause.reason, waiting: undefined });
  }

  decision(decision: Decision): void {
    if (decision.channel !== this.channel || QUIET.has(decision.action)) return;
    const { action, rule, reason, verdict } = decision;
    const judged = { action, rule, reason };
    if (verdict === "hold") this.change({ waiting: judged });
    else if (verdict === "deny") this.change({ refusal: judged, waiting: undefined });
    else if (this.current.waiting) this.change({ waiting: undefined });
  }

  /** The person asks for another connection. */
  again(): void {
    this.change({ phase: "connecting", closed: undefined });
    this.way?.renew();
  }

  dismiss(): void {
    this.change({ refusal: undefined });
  }

  private begin(): void {
    const { make } = this;
    if (!make) return;
    this.used = true;
    const wire = new ScreenChannel((bytes) => {
      this.way?.send(bytes);
      this.hand.said(bytes);
    });
    this.wire = wire;
    this.change({ phase: "connecting", closed: undefined });
    this.viewer = make(wire, {
      connected: () => {
        if (this.wire === wire) this.change({ phase: "shown" });
      },
      copied: (text) => this.change({ copied: text }),
    });
    this.viewer.viewOnly = this.viewOnlyNow;
    wire.start();
  }

  private drop(reason: string): void {
    const { viewer, wire } = this;
    this.viewer = undefined;
    this.wire = undefined;
    this.hand.reset();
    // The viewer first: it complains of a channel that ends before it.
    viewer?.close();
    wire?.ended(reason);
  }

  private change(change: Partial<PanelState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}
