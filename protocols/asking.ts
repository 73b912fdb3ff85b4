/** What a guard has asked and waits for: one undecided thing at most, and what is held. */
import type { Answer, Because } from "./guard.ts";

export interface Asked {
  /** @param scan the content must be looked into before the asset has any of it */
  permitted(decision: number, scan?: boolean): void;
  /** @param because for guards that tell why */
  denied(because?: Because): void;
}

export class Asking {
  private last = 0;
  private open: { readonly id: number; readonly asked: Asked } | undefined;
  private readonly held = new Map<number, Asked>();

  /** Until it is answered, nothing else may move. */
  get undecided(): boolean {
    return this.open !== undefined;
  }

  /** A person is deciding. */
  get holds(): boolean {
    return this.held.size > 0;
  }

  /** Answers the id to ask under. */
  next(asked: Asked): number {
    const id = ++this.last;
    this.open = { id, asked };
    return id;
  }

  /** Several items are one: all must be permitted. Settling what was settled has no effect. */
  answer(id: number, answers: readonly Answer[]): void {
    const asked = this.open?.id === id ? this.open.asked : this.held.get(id);
    if (asked === undefined) return;
    if (this.open?.id === id) this.open = undefined;
    this.held.delete(id);
    const denial = answers.find((answer) => answer.kind === "deny");
    if (denial) asked.denied(denial.because);
    else if (answers.some(({ kind }) => kind === "hold")) this.held.set(id, asked);
    else
      asked.permitted(
        id,
        answers.some((answer) => answer.kind === "permit" && answer.scan),
      );
  }

  clear(): void {
    this.open = undefined;
    this.held.clear();
  }
}
