/**
 * Links by which a person without an account sees one recording, or a part of it, for some time.
 *
 * The link carries 256 random bits, of which only the SHA-256 is kept. A browser exchanges it once
 * for a visit of its own; each request of a visit asks again whether the link still counts, so
 * that revoking cuts who is looking. A link ends with the account of who made it (and, in
 * `api/shares/standing.ts`, with their right to share the recording).
 */
import type { Clock } from "../../clock.ts";
import { hashToken, newToken } from "../../identity/token.ts";
import { newId } from "../../store/ids.ts";
import {
  insertShare,
  listShares,
  type RecordingShare,
  revokeShare,
  shareById,
  shareByToken,
} from "../../store/recording-shares.ts";
import type { Store } from "../../store/store.ts";
import type { Span, Viewed } from "./looks.ts";

/** An audit's fieldwork; who needs it longer asks again, and somebody thinks again. */
export const SHARE_MAX_MS = 14 * 24 * 60 * 60_000;
/** Shorter would be over before the mail is read. */
export const SHARE_MIN_MS = 5 * 60_000;
/** A working day; then the link is opened again, and that is noted again. */
export const VISIT_MAX_MS = 8 * 60 * 60_000;
/** Links in force of one recording: more is publishing. */
const SHARES_PER_RECORDING_MAX = 20;
/** Browsers that look by one link at a time: it is for one person. */
const VISITS_PER_SHARE_MAX = 5;
/** Of all links; the oldest goes. */
const VISITS_MAX = 500;
const SHARES_LISTED_MAX = 500;
/** Between two events about tries that were refused. */
const REFUSALS_QUIET_MS = 60_000;

/** `link-invalid`: unknown, ended or revoked, told alike. `too-many`: of links, or of visits by one. */
export class ShareRefused extends Error {
  override readonly name = "ShareRefused";
  readonly code: "link-invalid" | "too-many";
  constructor(code: ShareRefused["code"]) {
    super(code === "link-invalid" ? "the link counts no more" : "there are too many already");
    this.code = code;
  }
}

export interface NewShare {
  readonly by: { readonly id: string; readonly name: string };
  readonly viewed: Viewed;
  readonly range: Span | null;
  readonly recipient: string;
  readonly reason: string;
  readonly endsMs: number;
}

interface Visit {
  readonly shareId: string;
  readonly endsMs: number;
}

export class Shares {
  private readonly store: Store;
  private readonly clock: Clock;
  /** By the hash of the visit's own token, the oldest first. */
  private readonly visits = new Map<string, Visit>();
  private refusals = 0;
  private quietUntilMs = Number.NEGATIVE_INFINITY;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** The token is told here and never again. @throws ShareRefused too-many */
  async make(
    wanted: NewShare,
  ): Promise<{ readonly share: RecordingShare; readonly token: string }> {
    const { by, viewed, range, recipient, reason, endsMs } = wanted;
    const token = newToken();
    const share: RecordingShare = {
      ...{ id: newId(), recording: viewed.session, range, recipient, reason, endsMs },
      ...{ madeBy: { id: by.id, name: by.name }, madeMs: Math.floor(this.clock.wallMs()) },
      ...{ revokedMs: null, revokedBy: null, isOrphan: false },
    };
    await this.store.act(async (queries, record) => {
      const others = await listShares(queries, viewed.session, SHARES_LISTED_MAX);
      if (others.filter((one) => this.counts(one)).length >= SHARES_PER_RECORDING_MAX) {
        throw new ShareRefused("too-many");
      }
      await insertShare(queries, share, hashToken(token));
      await record({
        kind: "recording:shared",
        priority: "event",
        text: `${by.name} made a link to the recording of ${viewed.what} for ${recipient}, until ${new Date(endsMs).toISOString()}${range ? ", a part of it" : ""}: ${reason}`,
        subject: by.id,
        session: viewed.session,
      });
    });
    return { share, token };
  }

  list(recording?: string): Promise<readonly RecordingShare[]> {
    return listShares(this.store.queries, recording, SHARES_LISTED_MAX);
  }

  get(id: string): Promise<RecordingShare | undefined> {
    return shareById(this.store.queries, id);
  }

  counts(share: RecordingShare): boolean {
    return (
      share.revokedMs === null && !share.isOrphan && share.endsMs > Math.floor(this.clock.wallMs())
    );
  }

  /** Who looks by it sees nothing more. False if it was revoked before. */
  async revoke(share: RecordingShare, by: { readonly id: string; readonly name: string }) {
    const revoked = await this.store.act(async (queries, record) => {
      const atMs = Math.floor(this.clock.wallMs());
      if (!(await revokeShare(queries, share.id, { by: by.id, atMs }))) return false;
      await record({
        kind: "recording:share-revoked",
        priority: "event",
        text: `${by.name} revoked the link of ${share.recipient}`,
        subject: by.id,
        session: share.recording,
      });
      return true;
    });
    for (const [hash, { shareId }] of this.visits) {
      if (shareId === share.id) this.visits.delete(hash);
    }
    return revoked;
  }

  /** Begins a visit. @throws ShareRefused */
  async open(
    token: string,
    address: string,
  ): Promise<{ readonly share: RecordingShare; readonly visit: string; readonly forMs: number }> {
    const share = await shareByToken(this.store.queries, hashToken(token));
    if (share === undefined || !this.counts(share)) {
      await this.noteRefusal(share, address);
      throw new ShareRefused("link-invalid");
    }
    this.makeRoom(share.id);
    const nowMs = Math.floor(this.clock.wallMs());
    const endsMs = Math.min(share.endsMs, nowMs + VISIT_MAX_MS);
    const visit = newToken();
    this.visits.set(hashToken(visit), { shareId: share.id, endsMs });
    return { share, visit, forMs: endsMs - nowMs };
  }

  /** Asked at each request of a visit. @throws ShareRefused link-invalid */
  async admit(visit: string | undefined): Promise<RecordingShare> {
    const hash = visit === undefined ? "" : hashToken(visit);
    const known = this.visits.get(hash);
    if (known === undefined) throw new ShareRefused("link-invalid");
    const share = await shareById(this.store.queries, known.shareId);
    if (
      share &&
      this.counts(share) &&
      known.endsMs > this.clock.wallMs() &&
      this.visits.has(hash)
    ) {
      return share;
    }
    this.visits.delete(hash);
    throw new ShareRefused("link-invalid");
  }

  leave(visit: string | undefined): void {
    if (visit !== undefined) this.visits.delete(hashToken(visit));
  }

  /** A person who opens it again in another browser ends the oldest visit, never somebody else's. */
  private makeRoom(shareId: string): void {
    const own = [...this.visits].filter(([, visit]) => visit.shareId === shareId);
    const tooMany = own.slice(0, Math.max(0, own.length - VISITS_PER_SHARE_MAX + 1));
    for (const [hash] of tooMany) this.visits.delete(hash);
    for (const hash of this.visits.keys()) {
      if (this.visits.size < VISITS_MAX) return;
      this.visits.delete(hash);
    }
  }

  /** Who tries a link that has ended, or guesses; a flood of tries is one event now and then. */
  private async noteRefusal(share: RecordingShare | undefined, address: string): Promise<void> {
    this.refusals += 1;
    const nowMs = this.clock.monotonicMs();
    if (nowMs < this.quietUntilMs) return;
    this.quietUntilMs = nowMs + REFUSALS_QUIET_MS;
    const tries = this.refusals === 1 ? "A link" : `${this.refusals} links`;
    this.refusals = 0;
    const whose = share ? `, the one of ${share.recipient}, which counts no more` : "";
    await this.store.log.record({
      kind: "recording:share-refused",
      priority: "event",
      text: `${tries} to a recording did not open, last from ${address}${whose}`,
      ...(share ? { session: share.recording } : {}),
    });
  }
}
