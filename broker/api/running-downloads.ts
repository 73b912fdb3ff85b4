/**
 * A download may run for hours after it was admitted. It ends in the turn in which the sign-in
 * that asked for it ends, and shortly after a right that it was admitted by is lost.
 */
import type { Readable } from "node:stream";
import type { Decisions } from "../access/decision-point.ts";
import type { Clock } from "../clock.ts";
import type { ApiTokens } from "../identity/api-tokens.ts";
import type { SignedIn, SignIns } from "../identity/identity.ts";
import type { Right } from "../policy/rights.ts";
import { signedOut } from "./problem.ts";

/** Rights and tokens are lost without a word to whoever asks: they are looked at so often. */
const LOOK_EVERY_MS = 1_000;
/** Asked by endpoints themselves, of recordings of others. */
const ASKED_BESIDES: Right = "recording:export";

export interface RunningDownloadsParts {
  readonly signIns: Pick<SignIns, "get" | "onEnded">;
  readonly tokens: Pick<ApiTokens, "asOfNow">;
  readonly decisions: Pick<Decisions, "rights">;
  readonly clock: Clock;
}

interface Running {
  readonly content: Readable;
  readonly me: SignedIn;
  /** It was admitted by these. */
  readonly rights: readonly Right[];
}

export class RunningDownloads {
  private readonly parts: RunningDownloadsParts;
  private readonly running = new Set<Running>();

  constructor(parts: RunningDownloadsParts) {
    this.parts = parts;
    parts.signIns.onEnded(({ id }) => {
      for (const each of this.running) if (each.me.signIn.id === id) end(each);
    });
  }

  /** @param needed any of these was enough to ask for it */
  watch(content: Readable, me: SignedIn, needed: readonly Right[]): void {
    const rights = [...needed, ASKED_BESIDES].filter((right) => this.heldBy(me).has(right));
    const running = { content, me, rights };
    this.running.add(running);
    content.once("close", () => this.running.delete(running));
    // Who sends it hears of it by the stream itself, perhaps not yet.
    content.on("error", () => undefined);
    // It may have taken long to make.
    this.lookNow(running);
  }

  private lookLater(running: Running): void {
    this.parts.clock.after(LOOK_EVERY_MS, () => {
      if (this.running.has(running)) this.lookNow(running);
    });
  }

  /** Who cannot be asked about may take nothing either. */
  private lookNow(running: Running): void {
    this.look(running).catch(() => end(running));
  }

  private async look(running: Running): Promise<void> {
    const { me, rights } = running;
    const { signIns, tokens } = this.parts;
    const now = me.scope ? await tokens.asOfNow(me) : signIns.get(me.signIn.id);
    // The assertion counts as it was when the download began: it does not age while bytes flow.
    const held = now && this.heldBy({ ...now, assertionAgeMs: me.assertionAgeMs });
    if (held && rights.every((right) => held.has(right))) this.lookLater(running);
    else end(running);
  }

  private heldBy(who: SignedIn): ReadonlySet<Right> {
    return this.parts.decisions.rights(who);
  }
}

function end({ content }: Running): void {
  content.destroy(signedOut());
}
