/**
 * The hands of a person on a screen: which presses and moves go to the asset.
 *
 * Each press of a key or button is an operation of its own; its repeats and its release are part
 * of it. Moves are decided once, until rights change. RFB has no answer to a refusal: what is not
 * permitted is dropped. While a press waits for a person, no other is asked for; agreed to later,
 * it is carried out as a press and a release, unless it is still held down.
 *
 * On a screen with pages the pointer never goes where it may not while a button is down, and lets
 * go where it was last.
 */

import type { Asked } from "../asking.ts";
import type { Operation } from "../guard.ts";
import { encodeKey, encodePointer } from "./client-message.ts";
import { chordName, modifierName } from "./keys.ts";
import type { LeftDown } from "./left-down.ts";
import {
  buttonName,
  type ClickOperation,
  type KeyOperation,
  type PointerOperation,
} from "./operation.ts";
import { Pressed } from "./pressed.ts";

export interface InputParts {
  ask(items: readonly Operation[], asked: Asked): void;
  toAsset(bytes: Uint8Array, decision: number): void;
  release(bytes: Uint8Array): void;
  /** A press was dropped without being asked about. */
  refused(reason: string): void;
  /** Of the screen now, empty where none is recognised; undefined where none are given. */
  page(): string | undefined;
}

const BITS = 8;
const MOVE: Operation = { action: "rfb:pointer", class: "operate", key: 1 };

export class HandInput {
  private readonly parts: InputParts;
  private readonly pressed = new Pressed();
  /** What the client holds down now, permitted or not. */
  private readonly heldKeys = new Set<number>();
  private heldMask = 0;
  private move: number | "denied" | undefined;
  /** A press waits for a person. */
  private waiting = false;

  constructor(parts: InputParts) {
    this.parts = parts;
  }

  get leftDown(): LeftDown | undefined {
    return this.pressed.left;
  }

  takeOver(left: LeftDown): void {
    this.pressed.takeOver(left);
  }

  /** @param operates whether the right to operate is there */
  rightsChanged(operates: boolean): void {
    this.move = undefined;
    if (!operates) this.releaseAll();
  }

  withheld(decision: number): void {
    this.pressed.forget(decision);
  }

  releaseAll(): void {
    for (const bytes of this.pressed.releaseAll()) this.parts.release(bytes);
  }

  key(keysym: number, down: boolean) {
    if (!down) return this.keyUp(keysym);
    const repeats = this.pressed.keys.get(keysym);
    if (repeats !== undefined) return this.parts.toAsset(encodeKey(keysym, true), repeats);
    if (this.heldKeys.has(keysym)) return;
    if (this.heldKeys.size >= HELD_MAX) return this.parts.refused("too many keys are down");
    this.heldKeys.add(keysym);
    if (!this.mayPress() || !this.pressed.hasRoom) return;
    this.press(this.keyItems(keysym), {
      permitted: (decision) => {
        this.parts.toAsset(encodeKey(keysym, true), decision);
        if (this.heldKeys.has(keysym)) this.pressed.keys.set(keysym, decision);
        else this.parts.release(encodeKey(keysym, false));
      },
    });
  }

  pointer(mask: number, x: number, y: number): void {
    const released = this.heldMask & ~mask;
    const pressed = mask & ~this.heldMask;
    this.heldMask = mask;
    if (released !== 0) this.buttonsUp(released, x, y);
    if (pressed !== 0) this.buttonsDown(pressed, x, y);
    else if (released === 0) this.moved(x, y);
  }

  /** A modifier makes another chord of each key that is down: all of them are asked for. */
  private keyItems(keysym: number): readonly KeyOperation[] {
    const down = this.pressed.keys.keys();
    const item = (key: number, besides: Iterable<number>): KeyOperation => ({
      action: "rfb:key",
      class: "operate",
      keysym: key,
      chord: chordName(key, besides),
    });
    const items = [item(keysym, down)];
    if (modifierName(keysym) === undefined) return items;
    const all = [...this.pressed.keys.keys(), keysym];
    const others = all.filter((key) => modifierName(key) === undefined);
    return [...items, ...others.map((key) => item(key, all))];
  }

  /** Letting go is never denied, and only what is down can be let go of. */
  private keyUp(keysym: number): void {
    this.heldKeys.delete(keysym);
    if (this.pressed.keys.delete(keysym)) this.parts.release(encodeKey(keysym, false));
  }

  private buttonsUp(released: number, x: number, y: number): void {
    const before = this.pressed.mask;
    for (let bit = 0; bit < BITS; bit += 1) {
      if (released & (1 << bit)) this.pressed.buttons.delete(bit);
    }
    if (this.pressed.mask === before) return;
    if (this.parts.page() === undefined) this.at(x, y);
    this.parts.release(encodePointer(this.pressed.mask, this.pressed.x, this.pressed.y));
  }

  private buttonsDown(pressed: number, x: number, y: number): void {
    if (!this.mayPress()) return;
    const bits = Array.from({ length: BITS }, (_, bit) => bit).filter(
      (bit) => pressed & (1 << bit),
    );
    const page = this.parts.page();
    const place = { x, y, ...(page !== undefined && { page }) };
    const items = bits.map(
      (bit): ClickOperation => ({
        action: "rfb:click",
        class: "operate",
        button: buttonName(bit),
        ...place,
      }),
    );
    this.press(items, {
      permitted: (decision) => {
        if (this.parts.page() !== page) return this.parts.refused("the page is another one now");
        this.at(x, y);
        const gone = bits.filter((bit) => !(this.heldMask & (1 << bit)));
        for (const bit of bits) this.pressed.buttons.set(bit, decision);
        this.parts.toAsset(encodePointer(this.pressed.mask, x, y), decision);
        for (const bit of gone) this.pressed.buttons.delete(bit);
        if (gone.length > 0) this.parts.release(encodePointer(this.pressed.mask, x, y));
      },
    });
  }

  private moved(x: number, y: number) {
    if (this.waiting) return;
    const page = this.parts.page();
    if (page !== undefined && this.heldMask !== 0) return this.dragged(x, y, page);
    if (this.move === "denied") return;
    const send = (decision: number) => {
      this.at(x, y);
      this.parts.toAsset(encodePointer(this.pressed.mask, x, y), decision);
    };
    if (this.move !== undefined) return send(this.move);
    this.move = "denied";
    this.parts.ask([MOVE], {
      permitted: (decision) => {
        this.move = decision;
        send(decision);
      },
      denied: () => {},
    });
  }

  /** Where the button that is down was not permitted, there is nothing to drag. */
  private dragged(x: number, y: number, page: string) {
    if (this.pressed.mask === 0) return;
    const item: PointerOperation = { action: "rfb:pointer", class: "operate", x, y, page };
    this.parts.ask([item], {
      permitted: (decision) => {
        this.at(x, y);
        this.parts.toAsset(encodePointer(this.pressed.mask, x, y), decision);
      },
      denied: () => {},
    });
  }

  private press(items: readonly Operation[], { permitted }: Pick<Asked, "permitted">): void {
    this.waiting = true;
    this.parts.ask(items, {
      permitted: (decision) => {
        this.waiting = false;
        permitted(decision);
      },
      denied: () => {
        this.waiting = false;
      },
    });
  }

  private mayPress(): boolean {
    if (this.waiting) this.parts.refused("another press waits for a person");
    return !this.waiting;
  }

  private at(x: number, y: number): void {
    this.pressed.x = x;
    this.pressed.y = y;
  }
}

/** Keys that a client may say are down, permitted or not. */
const HELD_MAX = 64;
