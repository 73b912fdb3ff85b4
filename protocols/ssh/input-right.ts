/**
 * Whether what a person types may pass: decided at the first of it, and again after a change of
 * rights. What is refused is dropped, and the person told once.
 */

import type { Asked } from "../asking.ts";
import type { Operation } from "../guard.ts";

interface InputRightParts {
  ask(items: readonly Operation[], asked: Asked): void;
  refused(): void;
}

export class InputRight {
  private readonly parts: InputRightParts;
  private denied = false;
  private decision: number | undefined;

  constructor(parts: InputRightParts) {
    this.parts = parts;
  }

  rightsChanged(): void {
    this.denied = false;
  }

  /** Sends under the decision; nothing where it is refused. */
  use(send: (decision: number) => void): void {
    if (this.denied) return;
    if (this.decision !== undefined) send(this.decision);
    else
      this.parts.ask([{ action: "ssh:input", class: "configure" }], {
        permitted: (decision) => {
          this.decision = decision;
          send(decision);
        },
        denied: () => {
          this.denied = true;
          this.parts.refused();
        },
      });
  }
}
