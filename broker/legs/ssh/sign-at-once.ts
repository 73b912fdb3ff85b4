/**
 * Proves a key with the first message that names it (RFC 4252, 7). ssh2 asks before whether the key
 * would do, as suits who has many: a round trip more, and for the asset another look at the keys
 * that it knows. A broker has one key for an asset. It reaches into ssh2, whose version is pinned.
 */
import type { Client } from "ssh2";

type Sign = (data: Buffer, signed: (signature: Buffer) => void) => void;

interface Inside {
  readonly _protocol: {
    readonly _handlers: { USERAUTH_PK_OK(protocol: object): void };
    authPK(user: string, key: object, algorithm?: string, sign?: Sign): void;
  };
}

/** @param client that was told to connect */
export function signAtOnce(client: Client): void {
  const { _protocol: protocol } = client as unknown as Inside;
  const { authPK } = protocol;
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign) authPK.call(protocol, user, key, algorithm, sign);
    // As if the asset had said that it would: this comes again, with what signs.
    else protocol._handlers.USERAUTH_PK_OK(protocol);
  };
}
