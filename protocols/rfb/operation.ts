/** What a client can do on a screen, in the words that profiles and recordings use. */
import type { Operation } from "../guard.ts";

export const RFB_ACTIONS = [
  "rfb:view",
  "rfb:pointer",
  "rfb:click",
  "rfb:key",
  "rfb:clipboard",
  "rfb:resize",
] as const;

/** Sees the screen. Decided when a viewer begins. */
export interface ViewOperation extends Operation {
  readonly action: "rfb:view";
  readonly class: "observe";
}

/**
 * Moves the pointer. Decided once until rights change; the moves follow that decision. Where the
 * screen has pages, a move with a button down is decided by itself, and says where it goes.
 */
export interface PointerOperation extends Operation {
  readonly action: "rfb:pointer";
  readonly class: "operate";
  readonly x?: number;
  readonly y?: number;
  readonly page?: string;
}

/** Presses a button of the pointer, or turns its wheel. */
export interface ClickOperation extends Operation {
  readonly action: "rfb:click";
  readonly class: "operate";
  /** `left`, `middle`, `right`, `wheel-up`, `wheel-down`, `wheel-left`, `wheel-right`, `button-8`. */
  readonly button: string;
  readonly x: number;
  readonly y: number;
  /** The page of the screen that was recognised, empty for none; absent where none are given. */
  readonly page?: string;
}

/** Presses a key; what repeats while it is down is part of it. */
export interface KeyOperation extends Operation {
  readonly action: "rfb:key";
  readonly class: "operate";
  readonly keysym: number;
  /** The key with the modifiers that are down, for example `Ctrl+Alt+Delete`, `a`, `F5`. */
  readonly chord: string;
}

/** Text copied: `in` to the asset, `out` of it. */
export interface ClipboardOperation extends Operation {
  readonly action: "rfb:clipboard";
  readonly class: "transfer";
  readonly direction: "in" | "out";
  /** Bytes. */
  readonly length: number;
}

/** Asks for another size of the desktop. */
export interface ResizeOperation extends Operation {
  readonly action: "rfb:resize";
  readonly class: "configure";
  readonly width: number;
  readonly height: number;
}

export type RfbOperation =
  | ViewOperation
  | PointerOperation
  | ClickOperation
  | KeyOperation
  | ClipboardOperation
  | ResizeOperation;

const ACTIONS: ReadonlySet<string> = new Set(RFB_ACTIONS);

/** For who gets an operation of any protocol. */
export function isRfbOperation(operation: Operation): operation is RfbOperation {
  return ACTIONS.has(operation.action);
}

const BUTTONS = [
  ...["left", "middle", "right"],
  ...["wheel-up", "wheel-down", "wheel-left", "wheel-right"],
  "button-8",
] as const;

/** @param bit 0–7 of a pointer event's mask */
export function buttonName(bit: number): string {
  return BUTTONS[bit] ?? `button-${bit + 1}`;
}
