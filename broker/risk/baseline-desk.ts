/**
 * Which baseline counts, and how another one comes to count: somebody sees what it would make usual
 * and signs for exactly that. Every one is kept, so that any can be put back the same way.
 */
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import type { Baseline } from "../policy/risk/baseline.ts";
import { type BaselineChanges, baselineChanges } from "../policy/risk/baseline-changes.ts";
import { plainText } from "../store/plain-text.ts";
import type { Store } from "../store/store.ts";
import type { BaselineBook, BaselineVersion } from "./baseline-book.ts";
import type { ReadBaseline } from "./baseline-file.ts";

export interface BaselineParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly signedActions: Pick<SignedActions, "options" | "prove">;
  /** Undefined where a file that the settings name counts instead. */
  readonly book: BaselineBook | undefined;
  /** That file's. */
  readonly named: ReadBaseline | undefined;
  /** It counts for sessions that begin from now on. */
  use(read: ReadBaseline): void;
}

/** Which one is meant: what waits (null), or an earlier version. */
export interface BaselineWanted {
  readonly version: number | null;
  readonly digest: string;
  readonly reason: string;
}

export interface BaselineProposed extends BaselineChanges {
  readonly digest: string;
  readonly baseline: Baseline;
}

export class BaselineRefused extends Error {
  override readonly name = "BaselineRefused";
  readonly code: "not-found" | "changed" | "elsewhere";
  constructor(code: BaselineRefused["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const REASON_MAX = 300;

export class BaselineDesk {
  private readonly parts: BaselineParts;
  private current: ReadBaseline | undefined;

  /** @throws Error where the one in force cannot be read */
  constructor(parts: BaselineParts) {
    this.parts = parts;
    const last = parts.book?.versions().at(-1);
    this.current = parts.named ?? (last && parts.book?.text(last.digest));
  }

  get inForce(): ReadBaseline | undefined {
    return this.current;
  }

  /** Whether one is approved here at all. */
  get isApprovedHere(): boolean {
    return this.parts.book !== undefined;
  }

  /** Oldest first. */
  versions(): readonly BaselineVersion[] {
    return this.parts.book?.versions() ?? [];
  }

  /** What waits, with what it would change. @throws Error with words for a person */
  proposed(): BaselineProposed | undefined {
    const read = this.parts.book?.proposed();
    return read && read.digest !== this.current?.digest ? this.compared(read) : undefined;
  }

  /** What putting an earlier one back would change. @throws BaselineRefused, Error */
  earlier(number: number): BaselineProposed {
    return this.compared(this.wanted({ version: number }));
  }

  /** What the passkey will sign. @throws BaselineRefused */
  async options(who: SignedIn, wanted: BaselineWanted): Promise<ActionToSign> {
    return this.parts.signedActions.options(who, "change", this.contentOf(wanted));
  }

  /** First in the events, then on disk, then in force. @throws BaselineRefused; IdentityRefused */
  async approve(
    who: SignedIn,
    wanted: BaselineWanted,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<BaselineVersion> {
    const { signedActions, store, clock, book } = this.parts;
    const { action, content } = await signedActions.prove(who, "change", answer);
    if (canonicalJson(content) !== canonicalJson(this.contentOf(wanted)) || !book) {
      throw new BaselineRefused("changed", "this is not what was signed");
    }
    const read = this.wanted(wanted);
    const { digest, baseline } = read;
    const reason = plainText(wanted.reason, REASON_MAX);
    const { id: by, name: byName } = who.person;
    const which =
      wanted.version === null
        ? "a new baseline"
        : `the baseline of version ${wanted.version} again`;
    await store.log.record({
      kind: "risk:baseline",
      priority: "event",
      subject: by,
      text: `${byName} approved ${which}: ${baseline.sessions} sessions from ${baseline.from} to ${baseline.until} (SHA-256 ${digest.slice(0, 12)}, before ${this.current?.digest.slice(0, 12) ?? "none"}): ${reason} (signed act ${action.id})`,
    });
    const kept = book.add({
      ...{ digest, by, byName, reason, atMs: clock.wallMs(), actionId: action.id },
      back: wanted.version,
    });
    this.current = read;
    this.parts.use(read);
    return kept;
  }

  private compared({ baseline, digest }: ReadBaseline): BaselineProposed {
    return { baseline, digest, ...baselineChanges(this.current?.baseline, baseline) };
  }

  /** @throws BaselineRefused where it is another one than was looked at */
  private wanted({ version, digest }: Partial<BaselineWanted>): ReadBaseline {
    const { book } = this.parts;
    if (!book) throw new BaselineRefused("elsewhere", "a file that the settings name counts");
    const kept = book.versions().find(({ number }) => number === version);
    const read = version === null ? book.proposed() : kept && book.text(kept.digest);
    if (!read) throw new BaselineRefused("not-found", "no such baseline");
    if (digest !== undefined && read.digest !== digest) {
      throw new BaselineRefused("changed", "it is another one now");
    }
    return read;
  }

  /** All that is approved. */
  private contentOf(wanted: BaselineWanted): ActionContent {
    const { baseline, digest } = this.wanted(wanted);
    const { sessions, from, until } = baseline;
    return {
      ...{ change: "baseline", version: wanted.version, digest, sessions, from, until },
      before: this.current?.digest ?? null,
      reason: plainText(wanted.reason, REASON_MAX),
    };
  }
}
