/**
 * A host certificate of OpenSSH beside the host key: clients that trust its authority take it, all
 * others take the key as before. ssh2 knows no certificates, so its offer and its key are taken
 * here for one connection, as in `all-requests.ts`, before either side has said what it knows.
 */
import ssh2, { type Connection } from "ssh2";

export const CERTIFICATE_TYPE = "ssh-ed25519-cert-v01@openssh.com";
/** What signs is the key that the certificate is for (PROTOCOL.certkeys). */
const KEY_TYPE = "ssh-ed25519";

interface List {
  readonly array: readonly string[];
}

interface Direction {
  readonly cipher: List;
  readonly mac: List;
  readonly compress: List;
  readonly lang: List;
}

interface Lists {
  readonly kex: List;
  readonly serverHostKey: List;
  readonly cs: Direction;
  readonly sc: Direction;
}

interface Offer {
  readonly lists: Lists;
}

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
  protocol._offer = withCertificate(protocol._offer);
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

/** All connections share the offer: this is one of its own. */
function withCertificate(offer: Offer): Offer {
  const { kex, serverHostKey, cs, sc } = offer.lists;
  const of = ({ cipher, mac, compress, lang }: Direction) => {
    const lists = { cipher: cipher.array, mac: mac.array };
    return { ...lists, compress: compress.array, lang: lang.array };
  };
  const Fresh = offer.constructor as new (lists: object) => Offer;
  return new Fresh({
    kex: kex.array,
    serverHostKey: [CERTIFICATE_TYPE, ...serverHostKey.array],
    ...{ cs: of(cs), sc: of(sc) },
  });
}
