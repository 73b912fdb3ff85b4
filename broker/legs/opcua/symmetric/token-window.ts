/**
 * The security tokens of one channel that count at a time (OPC 10000-4, 5.5.2; 10000-6, 6.7.4).
 *
 * A client uses a new one at once; a server when the client has, or when the old one is over. What
 * a peer sends under an old one is taken until a quarter over its lifetime; from a client only
 * until it has used the newer one. A server may go on with it: some answer each request under the
 * token that it came with, a Publish minutes later.
 */
import type { ChannelKeys, Role, TokenKeys } from "./channel-keys.ts";

/** Late messages are taken for so long after the end. */
const LATE_SHARE = 1.25;
/** The one in use, the one before it, and one renewed in haste. */
const TOKENS_MAX = 3;

export class TokenWindow {
  private readonly role: Role;
  /** Oldest first. */
  private tokens: readonly TokenKeys[];
  /** The newest one that the peer has used; none once it is closed. */
  private used: TokenKeys | undefined;

  constructor({ token }: Pick<ChannelKeys, "token">, role: Role) {
    this.role = role;
    this.tokens = [token];
    this.used = token;
  }

  /** A renewal. False if it is one that is known, or too late. */
  add(token: TokenKeys): boolean {
    if (!this.used || this.tokens.some(({ tokenId }) => tokenId === token.tokenId)) return false;
    this.tokens = [...this.tokens, token].slice(-TOKENS_MAX);
    return true;
  }

  /** Whose keys open a chunk that says it is under this one. */
  receiving(tokenId: number, nowMs: number): TokenKeys | undefined {
    const { used } = this;
    // All but the first few chunks under a token.
    if (used?.tokenId === tokenId) return isOver(used, nowMs) ? undefined : used;
    const token = this.tokens.find((each) => each.tokenId === tokenId);
    return token && !isOver(token, nowMs) ? token : undefined;
  }

  /** A chunk under it was genuine. */
  heard(token: TokenKeys): void {
    const { used } = this;
    if (token === used || !used) return;
    const at = this.tokens.indexOf(token);
    if (at < this.tokens.indexOf(used)) return;
    this.used = token;
    if (this.role === "server") this.tokens = this.tokens.slice(at);
  }

  /** What is sent now goes under it; undefined if the peer would take none any more. */
  sending(nowMs: number): TokenKeys | undefined {
    const { used } = this;
    const newest = this.tokens.at(-1);
    if (used && this.role === "server" && nowMs - used.createdMs <= used.lifetimeMs) return used;
    return newest && !isOver(newest, nowMs) ? newest : undefined;
  }

  /** Nothing is opened or sealed any more, and the keys are let go. */
  close(): void {
    this.tokens = [];
    this.used = undefined;
  }
}

/** One without keys protects nothing, and peers that speak without security let it live on. */
function isOver({ createdMs, lifetimeMs, opener }: TokenKeys, nowMs: number): boolean {
  return opener !== undefined && nowMs - createdMs > lifetimeMs * LATE_SHARE;
}
