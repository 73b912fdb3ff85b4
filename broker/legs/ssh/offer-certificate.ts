/**
 * A host certificate of OpenSSH beside the host key: clients that trust its authority take it, all
 * others take the key as before. ssh2 knows no certificates, so its offer and its key are taken
 * here for one connection, as in `all-requests.ts`, before either side has said what it knows.
 */
import ssh2, { type Connection } from "ssh2";
import { changedOffer, type Offer } from "./offer.ts";

export const CERTIFICATE_TYPE = "ssh-ed25519-cert-v01@openssh.com";
/** What signs is the key that the certificate is for (PROTOCOL.certkeys). */
const KEY_TYPE = "ssh-ed25519";

interface Inside {
  readonly _protocol: {
    _offer: Offer;
    _hostKeys: object;
    /** The exchange that is under way. */
    readonly _kex?: { readonly negotiated: { serverHostKey: string } };
  };
}

/**
 * In the turn in which the connection came.
 * @param privateKey Ed25519, in OpenSSH's form
 */
export function offerCertificate(
  connection: Connection,
  privateKey: string,
  certificate: Uint8Array,
): void {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) return;
  const { _protocol: protocol } = connection as unknown as Inside;
  const { array: keys } = protocol._offer.lists.serverHostKey;
  protocol._offer = changedOffer(protocol._offer, { serverHostKey: [CERTIFICATE_TYPE, ...keys] });
  const blob = Buffer.from(certificate);
  const certified = {
    type: KEY_TYPE,
    getPublicSSH: () => blob,
    sign: (exchanged: Buffer) => {
      const negotiated = protocol._kex?.negotiated;
      // The signature is named for the key, though the certificate was what they agreed on.
      if (negotiated?.serverHostKey === CERTIFICATE_TYPE) negotiated.serverHostKey = KEY_TYPE;
      return key.sign(exchanged);
    },
  };
  protocol._hostKeys = { ...protocol._hostKeys, [CERTIFICATE_TYPE]: certified };
}
