/**
 * Runs a guard as the session loop does: each `decide` is answered in the same turn, before
 * anything else. Records inputs and effects, and checks on the way what holds for every guard.
 */
import { copyBytes } from "../../protocols/copy-bytes.ts";
import type { Answer, Effect, Guard, Input, Side } from "../../protocols/guard.ts";

export type Decide = Extract<Effect, { kind: "decide" }>;
export type Send = Extract<Effect, { kind: "send" }>;
/** One answer per item; must depend on nothing but the `decide` itself, so that a run can be repeated. */
export type Judge = (decide: Decide) => readonly Answer[];

export class GuardDriver {
  readonly guard: Guard;
  /** What the test fed, without the answers given in the same turn. */
  readonly script: Input[] = [];
  /** Everything the guard was told, in order: its tape. */
  readonly inputs: Input[] = [];
  readonly effects: Effect[] = [];
  /** Decisions answered with a `hold` and not settled. */
  readonly held = new Map<number, Decide>();
  private readonly judge: Judge;
  private readonly watch: (effect: Effect) => void;
  private readonly permitted = new Set<number>();
  private lastDecision = 0;
  private ended = false;

  /** @param watch sees each effect as it happens, before a `decide` is answered */
  constructor(guard: Guard, judge: Judge, watch: (effect: Effect) => void = () => {}) {
    this.guard = guard;
    this.judge = judge;
    this.watch = watch;
  }

  feed(input: Input): void {
    this.script.push(copied(input));
    this.step(input);
  }

  bytes(from: Side, bytes: Uint8Array): void {
    this.feed({ kind: "bytes", from, bytes });
  }

  /** Settles a held decision, all items alike. */
  settle(id: number, answer: Answer): void {
    const decide = this.held.get(id);
    if (!decide) throw new Error(`decision ${id} is not held`);
    this.held.delete(id);
    this.answer(
      id,
      decide.items.map(() => answer),
      true,
    );
  }

  sent(to: Side): readonly Send[] {
    return this.effects.filter((effect) => effect.kind === "send" && effect.to === to) as Send[];
  }

  get violations(): readonly Effect[] {
    return this.effects.filter(({ kind }) => kind === "violation");
  }

  private answer(id: number, answers: readonly Answer[], scripted: boolean): void {
    if (this.isPermitted(answers)) this.permitted.add(id);
    const input: Input = { kind: "answers", id, answers };
    if (scripted) this.feed(input);
    else this.step(input);
  }

  private isPermitted(answers: readonly Answer[]): boolean {
    if (this.guard.mixes) return answers.some(({ kind }) => kind === "permit");
    const denied = answers.every(({ kind }) => kind === "deny");
    return !denied && answers.every(({ kind }) => kind !== "hold");
  }

  private step(input: Input): void {
    this.inputs.push(copied(input));
    const effects = stepAsLegsDo(this.guard, input);
    if (input.kind === "event" && input.event.kind === "end") this.ended = true;
    effects.forEach((effect, i) => {
      this.check(effect, i === effects.length - 1);
      this.effects.push(effect);
      this.watch(effect);
    });
    const last = effects.at(-1);
    if (last?.kind === "decide") this.decide(last);
  }

  private decide(decide: Decide): void {
    const answers = this.judge(decide);
    const parks = !this.guard.mixes || answers.length === 1;
    if (parks && answers.some(({ kind }) => kind === "hold")) this.held.set(decide.id, decide);
    this.answer(decide.id, answers, false);
  }

  private check(effect: Effect, isLast: boolean): void {
    if (effect.kind === "decide") {
      must(isLast, "a decide is the last effect of its step");
      must(effect.id > this.lastDecision, "decision ids rise");
      must(effect.items.length > 0, "a decide has items");
      this.lastDecision = effect.id;
    }
    if (effect.kind === "send") this.checkSend(effect);
    if (effect.kind === "violation") this.ended = true;
  }

  private checkSend({ to, decision, release, bytes }: Send): void {
    must(bytes.length > 0, "a send carries bytes");
    must(release === true || !this.ended, "nothing but a release is sent after the end");
    if (to !== "asset" || release) return;
    must(decision !== undefined, "what is sent to the asset names its decision");
    must(this.permitted.has(decision), `decision ${decision} was not permitted, yet it was sent`);
  }
}

/** Bytes are the sender's again after a step: a copy is kept. */
function copied(input: Input): Input {
  return input.kind === "bytes" ? { ...input, bytes: copyBytes(input.bytes) } : input;
}

/**
 * Bytes come as they come from a socket: as a `Buffer` (whose `slice` is no copy), in the middle
 * of a larger one, and overwritten as soon as the step is done.
 */
export function stepAsLegsDo(guard: Guard, input: Input): readonly Effect[] {
  if (input.kind !== "bytes") return guard.step(input);
  const shared = Buffer.alloc(input.bytes.length + 16, 0xee);
  const bytes = shared.subarray(8, 8 + input.bytes.length);
  bytes.set(input.bytes);
  const effects = guard.step({ ...input, bytes });
  shared.fill(0xdd);
  return effects;
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`the guard broke its contract: ${what}`);
}
