/**
 * Sign-ins of the `sallyport` command on a person's machine. They are sign-ins like those of
 * browsers (idle, absolute, listed, ended with the passkey or the person), held by a token that
 * counts only together with the machine's key.
 */
import { findPasskey } from "../store/passkeys.ts";
import { findPerson } from "../store/people.ts";
import type { Queries } from "../store/schema.ts";
import { deleteSignIn } from "../store/sign-ins.ts";
import type { RecordEvent } from "../store/store.ts";
import type { ApiTokens, IssuedToken } from "./api-tokens.ts";
import { IdentityRefused, type NewSignIn, type SignedIn } from "./identity.ts";
import { type KeyedRequest, KeyProofs } from "./key-proof.ts";
import { type MachineApproval, type MachineAsk, MachineAsks } from "./machine-asks.ts";
import { beginSignIn, type SignInParts } from "./sign-ins.ts";

export type Redeemed =
  | { readonly kind: "signed-in"; readonly signIn: NewSignIn }
  | { readonly kind: "issued"; readonly issued: IssuedToken }
  | { readonly kind: "pending" | "slow-down" | "refused" | "gone" | "stale" | "invalid" };

export type MachineProved =
  | { readonly kind: "signed-in"; readonly me: SignedIn }
  /** `stale`: the clock of the machine may be wrong. */
  | { readonly kind: "stale" | "refused" };

export class MachineSignIns {
  readonly asks: MachineAsks;
  private readonly parts: SignInParts;
  private readonly tokens: Pick<ApiTokens, "issue">;
  private readonly proofs: KeyProofs;
  /** Of those whom nobody knows yet: whatever they send takes no room of those who are signed in. */
  private readonly strangers: KeyProofs;

  constructor(parts: SignInParts, tokens: Pick<ApiTokens, "issue">) {
    this.parts = parts;
    this.tokens = tokens;
    this.asks = new MachineAsks(parts.clock);
    this.proofs = new KeyProofs(parts.clock);
    this.strangers = new KeyProofs(parts.clock);
  }

  /** Once, by the key that asked. @throws IdentityRefused person-disabled, provider-required, provider-expired */
  async redeem(deviceCode: string, request: KeyedRequest): Promise<Redeemed> {
    const proved = await this.strangers.check(request);
    if (proved.kind !== "proved") return { kind: proved.kind === "stale" ? "stale" : "invalid" };
    const polled = this.asks.poll(deviceCode, proved.thumbprint);
    if (polled.kind === "other-key") {
      await this.tellOtherKey(polled.ask, request.address);
      return { kind: "gone" };
    }
    if (polled.kind !== "approved") return { kind: polled.kind };
    const { ask, approval } = polled;
    if (ask.token) {
      const issued = await this.tokens.issue(ask.token, approval.personId, ask.keyThumbprint);
      return { kind: "issued", issued };
    }
    return { kind: "signed-in", signIn: await this.begin(ask, approval) };
  }

  /** Whose token and key these are. A token without its key was stolen, and ends. */
  async authenticate(
    request: KeyedRequest & { readonly token: string },
    seen: boolean,
  ): Promise<MachineProved> {
    const me = this.parts.book.byTokenText(request.token, false);
    const thumbprint = me?.signIn.machine?.keyThumbprint;
    if (!me || thumbprint === undefined) return { kind: "refused" };
    const proved = await this.proofs.check(request);
    if (proved.kind === "stale") return { kind: "stale" };
    if (proved.kind !== "proved") return { kind: "refused" };
    if (proved.thumbprint !== thumbprint) {
      await this.endStolen(me, request.address);
      return { kind: "refused" };
    }
    // It may have ended while the proof was looked at.
    const now = this.parts.book.byTokenText(request.token, seen);
    return now ? { kind: "signed-in", me: now } : { kind: "refused" };
  }

  close(): void {
    this.asks.close();
  }

  private async begin(ask: MachineAsk, approval: MachineApproval): Promise<NewSignIn> {
    const { store, book, devices } = this.parts;
    const { machine: name, keyThumbprint, address, tool } = ask;
    const surplus = book.surplus(approval.personId);
    const { person, fresh, recognised } = await store.act(async (queries, record) => {
      const passkey = await findPasskey(queries, approval.passkeyId);
      if (!passkey) throw new IdentityRefused("passkey-unknown", "its passkey was removed");
      for (const { id } of surplus) await deleteSignIn(queries, id);
      const recognised = await this.machineOf(ask, approval, { queries, record });
      const browser = { id: "", address, userAgent: tool };
      const held = {
        ...{ machine: { name, keyThumbprint }, assertedMs: approval.atMs },
        ...(recognised.device && { deviceId: recognised.device.id }),
        ...(approval.provider && { provider: approval.provider }),
      };
      const begun = await beginSignIn(this.parts, queries, passkey, browser, held);
      await record({
        kind: "sign-in:begun",
        priority: "event",
        text: `${begun.person.name} signed in with the command on ${name} from ${address}`,
        subject: begun.person.id,
        about: { address },
      });
      return { ...begun, recognised };
    });
    devices.settle(recognised);
    book.endKept(
      surplus.map(({ id }) => id),
      { rule: "replaced", reason: "This person is signed in in too many browsers." },
    );
    // In the turn in which it committed: whatever ends the person's sign-ins later finds this one.
    const signedIn = { ...book.add(fresh.kept, person), token: fresh.token };
    await devices.stillCounts(signedIn.signIn);
    const { device } = recognised;
    if (approval.browserId !== undefined && device) {
      await devices.link(approval.browserId, device.id, person);
    }
    await this.parts.through.stillHolds(signedIn.signIn);
    return signedIn;
  }

  /** A machine whose key was revoked is not signed in again by it: it makes another one. */
  private async machineOf(
    { machine: name, keyThumbprint: thumbprint, address }: MachineAsk,
    { personId }: MachineApproval,
    { queries, record }: { readonly queries: Queries; readonly record: RecordEvent },
  ) {
    const owner = await findPerson(queries, personId);
    if (owner?.state !== "active") throw new IdentityRefused("person-disabled", "not active");
    const shown = { kind: "machine", thumbprint, name, address } as const;
    return this.parts.devices.recognise(queries, record, owner, shown);
  }

  private async endStolen({ person, signIn }: SignedIn, address: string): Promise<void> {
    const reason = "Its token was shown by another machine: it was copied.";
    await this.parts.book.end(signIn.id, { rule: "stolen", reason });
    await this.parts.store.log.record({
      kind: "sign-in:stolen",
      priority: "alarm",
      text: `A sign-in of ${person.name} on ${signIn.machine?.name} was used from ${address} with another key: it was copied, and has been ended`,
      subject: person.id,
      about: { address },
    });
  }

  private async tellOtherKey({ machine }: MachineAsk, address: string): Promise<void> {
    await this.parts.store.log.record({
      kind: "sign-in:refused",
      priority: "alarm",
      text: `A sign-in that ${machine} asked for was taken from ${address} with another key: refused and ended`,
      about: { address },
    });
  }
}
