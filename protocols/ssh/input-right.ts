/**
 * Whether what a person types, or a tool sends, may pass: decided at the first of it, and again
 * after a change of rights. On a terminal what is refused is dropped, and the person told. A
 * stream of bytes that lost some of them is another stream: then nothing more of it passes.
 */

import type { Asked } from "../asking.ts";
import type { Operation } from "../guard.ts";

interface InputRightParts {
  ask(items: readonly Operation[], asked: Asked): void;
  refused(): void;
  /** Some of it passed, and some did not: the channel must end. */
  broken(): void;
}

export class InputRight {
  /** No terminal: bytes that belong together. */
  isStream = false;
  private readonly parts: InputRightParts;
  private denied = false;
  private told = false;
  private passed = false;
  private decision: number | undefined;

  constructor(parts: InputRightParts) {
    this.parts = parts;
  }

  /** Nothing is asked any more: what is used now goes on, or is dropped, at once. */
  get isDecided(): boolean {
    return this.denied || this.decision !== undefined;
  }

  rightsChanged(): void {
    this.decision = undefined;
    this.told = false;
    if (!this.isStream) this.denied = false;
  }

  /** It was permitted, and did not leave. */
  withheld(): void {
    if (this.isStream) this.parts.broken();
    else this.tell();
  }

  /** Sends under the decision; where it is refused, nothing but what says so. */
  use(send: (decision: number) => void, refused: () => void = () => {}) {
    if (this.denied) return refused();
    if (this.decision !== undefined) return this.pass(send, this.decision);
    this.parts.ask([{ action: "ssh:input", class: "configure" }], {
      permitted: (decision) => {
        this.decision = decision;
        this.pass(send, decision);
      },
      denied: () => {
        this.deny();
        refused();
      },
    });
  }

  private pass(send: (decision: number) => void, decision: number): void {
    this.passed = true;
    send(decision);
  }

  private deny(): void {
    this.denied = true;
    if (this.isStream && this.passed) this.parts.broken();
    else this.tell();
  }

  private tell(): void {
    if (this.told) return;
    this.told = true;
    this.parts.refused();
  }
}
