/**
 * The workloads of a site: who they are, what proves them, and the sign-ins that came of it. What
 * is trusted is looked at again whenever it changes: a sign-in whose trust is gone ends in that
 * turn, with its sessions; one that is still entitled is left alone.
 */
import type { Clock } from "../clock.ts";
import { FailureLimits } from "../identity/failure-limits.ts";
import type { NewSignIn } from "../identity/identity.ts";
import { type KeyedRequest, KeyProofs } from "../identity/key-proof.ts";
import type { WorkloadSignIns } from "../identity/workload-sign-ins.ts";
import { addressKey } from "../legs/address-key.ts";
import type { Person, SignIn, WorkloadProof } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import { readToken } from "./jwt-proof.ts";
import {
  NO_WORKLOADS,
  type Proof,
  type TokenIssuer,
  type Workload,
  type WorkloadConfig,
} from "./model.ts";
import { RefusalNotes } from "./refusal-notes.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { UsedTokens } from "./used-tokens.ts";
import { fingerprintOf, readSvid } from "./x509-svid.ts";

export interface WorkloadsParts {
  readonly clock: Clock;
  readonly signIns: WorkloadSignIns;
  /** The broker's own address: what a token names that is meant for it. */
  readonly audience: string;
  /** By the dialer of integrations. */
  fetchKeys(url: string): Promise<string>;
  note(event: NewSiteEvent): void;
}

export type WorkloadProved =
  | { readonly kind: "signed-in"; readonly signIn: NewSignIn }
  /** `stale`: the clock of the machine may be wrong. `limited`: too many attempts. */
  | { readonly kind: "refused" | "stale" | "limited" };

/** A workload as it is now. */
export interface WorkloadKnown {
  readonly person: Person;
  /** Undefined where the file does not name it any more. */
  readonly workload: Workload | undefined;
  readonly signIns: readonly SignIn[];
}

interface Attempt {
  readonly keyed: KeyedRequest;
  readonly tool: string;
}

/** A program that starts over and over with an old certificate, in a minute. */
const FAILURES = { failuresMax: 30, windowMs: 60_000 };

export class Workloads {
  private readonly parts: WorkloadsParts;
  private readonly proofs: KeyProofs;
  private readonly used: UsedTokens;
  private readonly failures: FailureLimits;
  private readonly notes: RefusalNotes;
  private readonly remote = new Map<string, RemoteKeys>();
  private readonly listeners = new Set<(config: WorkloadConfig) => void>();
  private config = NO_WORKLOADS;

  constructor(parts: WorkloadsParts) {
    this.parts = parts;
    this.proofs = new KeyProofs(parts.clock);
    this.used = new UsedTokens(parts.clock);
    this.failures = new FailureLimits(parts.clock, FAILURES);
    this.notes = new RefusalNotes(parts.clock, parts.note);
  }

  current(): WorkloadConfig {
    return this.config;
  }

  /** What is trusted counts in this turn; the names are known when it resolves. */
  configure(config: WorkloadConfig): Promise<void> {
    this.config = config;
    const urls = config.issuers.flatMap(({ keys }) => (keys.from === "url" ? [keys.url] : []));
    for (const url of this.remote.keys()) if (!urls.includes(url)) this.remote.delete(url);
    this.parts.signIns.endWhere((signIn) => this.causeOver(signIn));
    for (const listener of this.listeners) listener(config);
    return this.parts.signIns.keep(config.workloads);
  }

  onChanged(listener: (config: WorkloadConfig) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param chain as it was shown in a handshake that proved its key, the leaf first */
  async bySvid(chain: readonly Uint8Array[], attempt: Attempt): Promise<WorkloadProved> {
    const { domains } = this.config;
    return this.attempt(attempt, async () => {
      const read = await readSvid(chain, domains, this.parts.clock.wallMs());
      if (read.kind === "refused") return read;
      return { proof: read.proof, workload: this.ofSpiffe(read.id.text) };
    });
  }

  async byToken(token: string, attempt: Attempt): Promise<WorkloadProved> {
    const { clock, audience } = this.parts;
    const keysOf = (issuer: TokenIssuer, kid: string | undefined) => this.keysOf(issuer, kid);
    return this.attempt(attempt, async () => {
      const ground = { clock, audience, used: this.used, keysOf };
      const read = await readToken(token, this.config, ground);
      if (read.kind === "refused") return read;
      const workload =
        this.ofToken(read.proof.trust, read.claims) ?? this.ofSpiffe(read.proof.identity);
      return { proof: read.proof, workload };
    });
  }

  /** For the door, where a handshake itself was not good enough. */
  refusedHandshake(address: string, why: string): void {
    this.refuse(address, why);
  }

  async list(): Promise<readonly WorkloadKnown[]> {
    const live = this.parts.signIns.live();
    return (await this.parts.signIns.list()).map((person) => ({
      person,
      workload: this.config.workloads.find(({ handle }) => handle === person.email),
      signIns: live.filter(({ personId }) => personId === person.id),
    }));
  }

  /** Whether what proved it counts no second time. */
  isOnce({ workload: proof }: SignIn): boolean {
    const issuer = this.config.issuers.find((each) => each.issuer === proof?.trust);
    return proof?.kind === "jwt" && (issuer?.once ?? false);
  }

  /** Addresses of keys that could not be had, with the reason. */
  troubles(): readonly string[] {
    return [...this.remote].flatMap(([url, { problem }]) =>
      problem ? [`${url}: ${problem}`] : [],
    );
  }

  private async attempt(
    { keyed, tool }: Attempt,
    read: () => Promise<
      | { readonly proof: Proof; readonly workload: Workload | undefined }
      | { readonly kind: "refused"; readonly why: string }
    >,
  ): Promise<WorkloadProved> {
    const { address } = keyed;
    const machine = await this.proofs.check(keyed);
    if (machine.kind === "stale") return { kind: "stale" };
    if (machine.kind !== "proved") return this.refuse(address, "the machine's key was not proved");
    const found = await read();
    if ("why" in found) return this.refuse(address, found.why);
    const { proof, workload } = found;
    const nowMs = this.parts.clock.wallMs();
    if (!workload) return this.refuse(address, `${proof.identity} is no workload of this site`);
    if ((workload.untilMs ?? Infinity) <= nowMs) {
      return this.refuse(address, `${workload.handle} has ended by the file of workloads`);
    }
    return this.begin(workload, proof, { address, tool, keyThumbprint: machine.thumbprint });
  }

  private async begin(
    { handle, lifeMs, untilMs = Infinity }: Workload,
    given: Proof,
    machine: { readonly address: string; readonly tool: string; readonly keyThumbprint: string },
  ): Promise<WorkloadProved> {
    const proof = { ...given, handle };
    // A certificate says how long it is good; a token is shown once and says who was there then.
    const proofEndsMs = proof.kind === "svid" ? proof.endsMs : Infinity;
    const endsMs = Math.min(this.parts.clock.wallMs() + lifeMs, untilMs, proofEndsMs);
    try {
      const signIn = await this.parts.signIns.begin({ handle, proof, ...machine, endsMs });
      // What is trusted may have changed while the store was written.
      const cause = this.causeOver(signIn.signIn);
      if (!cause) return { kind: "signed-in", signIn };
      this.parts.signIns.endWhere(({ id }) => (id === signIn.signIn.id ? cause : undefined));
      return this.refuse(machine.address, `${proof.identity}: ${cause.reason}`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return this.refuse(machine.address, why);
    }
  }

  /** Who proves a workload is let in, however many others fail behind the same address. */
  private refuse(address: string, why: string): WorkloadProved {
    if (this.failures.waitMs(addressKey(address))) return { kind: "limited" };
    this.failures.failed(addressKey(address));
    this.notes.refused(address, plainText(why, WHY_MAX));
    return { kind: "refused" };
  }

  private async keysOf({ keys }: TokenIssuer, kid: string | undefined) {
    if (keys.from === "file") return keys.keys;
    const { url } = keys;
    let remote = this.remote.get(url);
    if (!remote) {
      const { clock, fetchKeys } = this.parts;
      remote = new RemoteKeys(url, { clock, load: (address) => fetchKeys(address) });
      this.remote.set(url, remote);
    }
    return remote.forToken(kid);
  }

  private ofSpiffe(id: string): Workload | undefined {
    return this.config.workloads.find(
      ({ proof }) => proof.kind === "spiffe" && proof.spiffeId === id,
    );
  }

  private ofToken(issuer: string, claims: Readonly<Record<string, unknown>>) {
    return this.config.workloads.find(
      ({ proof }) =>
        proof.kind === "jwt" &&
        proof.issuer === issuer &&
        proof.subject === claims.sub &&
        [...proof.claims].every(([name, value]) => claims[name] === value),
    );
  }

  /** Why a sign-in counts no more by what is trusted now. */
  private causeOver({ workload: proof }: SignIn) {
    if (!proof) return undefined;
    const workload = this.namedBy(proof);
    if (!workload) return NOT_NAMED;
    if ((workload.untilMs ?? Infinity) <= this.parts.clock.wallMs()) return NOT_NAMED;
    return this.trusts(proof) ? undefined : NOT_TRUSTED;
  }

  private namedBy({ handle, identity, trust }: WorkloadProof): Workload | undefined {
    const workload = this.config.workloads.find((each) => each.handle === handle);
    if (!workload) return undefined;
    const { proof } = workload;
    const named =
      proof.kind === "spiffe"
        ? proof.spiffeId
        : proof.issuer === trust && `${trust} subject ${proof.subject}`;
    return named === identity ? workload : undefined;
  }

  private trusts({ kind, trust, anchor }: WorkloadProof): boolean {
    const domain = this.config.domains.find((each) => each.domain === trust);
    if (kind === "svid") {
      return domain?.bundle.anchors.some((each) => fingerprintOf(each) === anchor) ?? false;
    }
    if (domain) return domain.bundle.keys.some(({ kid }) => kid === anchor);
    const issuer = this.config.issuers.find((each) => each.issuer === trust);
    if (!issuer) return false;
    // Of keys at an address only its owner says which ones count, for new tokens.
    return issuer.keys.from === "url" || issuer.keys.keys.some(({ kid = "" }) => kid === anchor);
  }
}

const WHY_MAX = 300;

const NOT_NAMED = {
  rule: "workload-removed",
  reason: "The file of workloads does not name this workload any more.",
};
const NOT_TRUSTED = {
  rule: "trust-removed",
  reason: "What proved this workload is not trusted any more.",
};
