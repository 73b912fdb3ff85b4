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
import type { Download } from "./endpoint.ts";
import { signedOut } from "./problem.ts";

/** Rights and tokens are lost without a word to whoever asks: they are looked at so often. */
const LOOK_EVERY_MS = 1_000;
/** Asked by endpoints themselves, of recordings of others. */
const ASKED_BESIDES: readonly Right[] = [
  ...(["recording:export", "recording:all", "recording:break-glass"] as const),
];

export interface RunningDownloadsParts {
  readonly signIns: Pick<SignIns, "get" | "onEnded">;
  readonly tokens: Pick<ApiTokens, "asOfNow">;
  readonly decisions: Pick<Decisions, "rights" | "mayAt">;
  readonly clock: Clock;
}

interface Running {
  readonly content: Readable;
  readonly me: SignedIn;
  /** It was admitted by these. */
  readonly rights: readonly Right[];
  /** By these on the one asset that it is about. */
  readonly there: readonly Right[];
  readonly asset: string;
}

type Begun = Pick<Download, "content" | "asset">;

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
  watch({ content, asset = "" }: Begun, me: SignedIn, needed: readonly Right[]): void {
    const asked = [...needed, ...ASKED_BESIDES];
    const rights = asked.filter((right) => this.heldBy(me).has(right));
    const there = asset === "" ? [] : rights.filter((right) => this.isHeldAt(asset, me, right));
    const running = { content, me, rights, there, asset };
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
    const { me, rights, there, asset } = running;
    const { signIns, tokens } = this.parts;
    const now = me.scope ? await tokens.asOfNow(me) : signIns.get(me.signIn.id);
    // The assertion counts as it was when the download began: it does not age while bytes flow.
    const who = now && { ...now, assertionAgeMs: me.assertionAgeMs };
    const held =
      who &&
      rights.every((right) => this.heldBy(who).has(right)) &&
      there.every((right) => this.isHeldAt(asset, who, right));
    if (held) this.lookLater(running);
    else end(running);
  }

  private heldBy(who: SignedIn): ReadonlySet<Right> {
    return this.parts.decisions.rights(who);
  }

  /** At the site that the asset is at now. */
  private isHeldAt(asset: string, who: SignedIn, right: Right): boolean {
    return this.parts.decisions.mayAt(who, right, asset);
  }
}

function end({ content }: Running): void {
  content.destroy(signedOut());
}
