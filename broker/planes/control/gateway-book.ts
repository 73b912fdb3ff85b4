/**
 * The gateways of a site and what lets them in: a one-time token for the first certificate, then
 * certificates of a day, each renewed over the connection that the one before it opened. Only the
 * latest counts, so that a copy of an older one is worth nothing and its use is noticed.
 */
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { newId } from "../../store/ids.ts";
import type { Person } from "../../store/model.ts";
import type { Queries } from "../../store/schema.ts";
import type { Store } from "../../store/store.ts";
import type { SiteAuthority } from "../../tls/site-authority.ts";
import type { IssuedCertificate, KnownGateway } from "./gateway-link.ts";

/** Long enough to walk to the machine. */
export const TOKEN_MS = 30 * 60_000;
/** Renewed halfway. A gateway that was away for longer joins again. */
export const CERTIFICATE_MS = 48 * 3_600_000;
const TOKEN_BYTES = 24;
const URI = "urn:sallyport:gateway:";

export interface GatewayEntry extends KnownGateway {
  readonly createdMs: number;
  /** It has a certificate: its token was used. */
  readonly isEnrolled: boolean;
  /** While its token can be used. */
  readonly tokenUntilMs: number | null;
  readonly seenMs: number | null;
}

export class GatewayRefused extends Error {
  override readonly name = "GatewayRefused";
}

export class GatewayBook {
  private readonly store: Store;
  private readonly authority: SiteAuthority;
  private readonly clock: Clock;

  constructor(store: Store, authority: SiteAuthority, clock: Clock) {
    this.store = store;
    this.authority = authority;
    this.clock = clock;
  }

  /** Those that were not revoked. */
  async list(): Promise<readonly GatewayEntry[]> {
    const rows = await this.store.queries
      .selectFrom("gateways")
      .selectAll()
      .where("revoked_ms", "is", null)
      .orderBy("name")
      .execute();
    return rows.map((row) => ({
      ...{ id: row.id, name: row.name, createdMs: Number(row.created_ms) },
      isEnrolled: row.certificate !== null,
      tokenUntilMs: row.token_hash === null ? null : Number(row.token_until_ms),
      seenMs: row.seen_ms === null ? null : Number(row.seen_ms),
    }));
  }

  /**
   * A token that lets a machine in once, as this gateway. For one that is there already it is
   * another chance: with its use the certificate it had counts no more.
   */
  async invite(by: Person, name: string): Promise<{ readonly token: string; untilMs: number }> {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const nowMs = this.clock.wallMs();
    const untilMs = nowMs + TOKEN_MS;
    const waiting = { token_hash: hashOf(token), token_until_ms: untilMs };
    const text = `${by.name} let a machine join as the gateway ${name}`;
    await this.store.act(async (queries, record) => {
      const known = await named(queries, name);
      if (known) {
        await queries.updateTable("gateways").set(waiting).where("id", "=", known.id).execute();
      } else {
        const made = { id: newId(), name, created_ms: nowMs, created_by: by.id };
        await queries
          .insertInto("gateways")
          .values({ ...made, ...waiting })
          .execute();
      }
      await record({ kind: "gateway:invited", priority: "event", subject: by.id, text });
    });
    return { token, untilMs };
  }

  /** @throws GatewayRefused */
  async enrol(token: string, publicKeyPem: string) {
    const nowMs = this.clock.wallMs();
    const row = await this.store.queries
      .updateTable("gateways")
      .set({ token_hash: null })
      .where("token_hash", "=", hashOf(token))
      .where("token_until_ms", ">", nowMs)
      .where("revoked_ms", "is", null)
      .returningAll()
      .executeTakeFirst();
    if (!row) throw new GatewayRefused("the token is none of this site's, was used, or has ended");
    const issued = await this.issue(row.id, row.name, publicKeyPem);
    await this.store.act(async (queries, record) => {
      const counts = { certificate: issued.fingerprint, certificate_next: null, seen_ms: nowMs };
      await queries.updateTable("gateways").set(counts).where("id", "=", row.id).execute();
      const text = `The gateway ${row.name} has joined`;
      await record({ kind: "gateway:joined", priority: "event", text });
    });
    return { id: row.id, name: row.name, certificate: issued.certificate };
  }

  /**
   * Whose certificate of this site's authority it is. The authority vouches for the name in it.
   * @throws GatewayRefused
   */
  async admit(uris: readonly string[], fingerprint: string): Promise<KnownGateway> {
    const id = uris.find((uri) => uri.startsWith(URI))?.slice(URI.length);
    const row = await this.store.queries
      .selectFrom("gateways")
      .selectAll()
      .where("id", "=", id ?? "")
      .executeTakeFirst();
    if (!row) throw new GatewayRefused("its certificate is no gateway's of this site");
    const { name } = row;
    if (row.revoked_ms !== null) throw new GatewayRefused(`the gateway ${name} was revoked`);
    // Another machine may be joining as it just now: only what counts as this is written does.
    const isNext = fingerprint === row.certificate_next;
    const used = { certificate: fingerprint, certificate_next: null };
    const counts = await this.store.queries
      .updateTable("gateways")
      .set({ seen_ms: this.clock.wallMs(), ...(isNext && used) })
      .where("id", "=", row.id)
      .where("revoked_ms", "is", null)
      .where(isNext ? "certificate_next" : "certificate", "=", fingerprint)
      .returning("id")
      .executeTakeFirst();
    if (counts) return { id: row.id, name };
    throw new GatewayRefused(`it showed an old certificate of the gateway ${name}`);
  }

  async revoked(): Promise<readonly KnownGateway[]> {
    return this.store.queries
      .selectFrom("gateways")
      .select(["id", "name"])
      .where("revoked_ms", "is not", null)
      .execute();
  }

  /** A certificate for the next connection. */
  async renew({ id, name }: KnownGateway, publicKeyPem: string): Promise<IssuedCertificate> {
    const issued = await this.issue(id, name, publicKeyPem);
    await this.store.queries
      .updateTable("gateways")
      .set({ certificate_next: issued.fingerprint })
      .where("id", "=", id)
      .where("revoked_ms", "is", null)
      .execute();
    return issued;
  }

  /** Undefined where there is none. */
  async revoke(by: Person, id: string): Promise<KnownGateway | undefined> {
    return this.store.act(async (queries, record) => {
      const row = await queries
        .updateTable("gateways")
        .set({ revoked_ms: this.clock.wallMs(), token_hash: null })
        .where("id", "=", id)
        .where("revoked_ms", "is", null)
        .returningAll()
        .executeTakeFirst();
      if (!row) return undefined;
      const text = `${by.name} revoked the gateway ${row.name}`;
      await record({ kind: "gateway:revoked", priority: "alarm", subject: by.id, text });
      return { id, name: row.name };
    });
  }

  private async issue(id: string, name: string, publicKeyPem: string) {
    const certificate = await this.authority.issue({
      ...{ publicKeyPem, commonName: `gateway ${name}`, uris: [URI + id] },
      ...{ usage: "client", validMs: CERTIFICATE_MS },
    });
    const parsed = new X509Certificate(certificate);
    const fingerprint = createHash("sha256").update(parsed.raw).digest("hex");
    return { certificate, fingerprint, untilMs: Date.parse(parsed.validTo) };
  }
}

function named(queries: Queries, name: string) {
  return queries
    .selectFrom("gateways")
    .select("id")
    .where("name", "=", name)
    .where("revoked_ms", "is", null)
    .executeTakeFirst();
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
