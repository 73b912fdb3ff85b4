/**
 * What one end of ssh2 says it knows (RFC 4253, 7.1). All connections of a server share theirs: a
 * change makes one of a connection's own, before either side has said what it knows.
 */

interface List {
  readonly array: readonly string[];
}

interface Direction {
  readonly cipher: List;
  readonly mac: List;
  readonly compress: List;
  readonly lang: List;
}

export interface Offer {
  readonly lists: {
    readonly kex: List;
    readonly serverHostKey: List;
    readonly cs: Direction;
    readonly sc: Direction;
  };
}

export interface OfferChange {
  readonly serverHostKey?: readonly string[];
  readonly cipher?: readonly string[];
}

export function changedOffer(offer: Offer, { serverHostKey, cipher }: OfferChange): Offer {
  const { kex, serverHostKey: keys, cs, sc } = offer.lists;
  const of = (way: Direction) => ({
    cipher: cipher ?? way.cipher.array,
    mac: way.mac.array,
    compress: way.compress.array,
    lang: way.lang.array,
  });
  const Fresh = offer.constructor as new (lists: object) => Offer;
  return new Fresh({
    kex: kex.array,
    serverHostKey: serverHostKey ?? keys.array,
    ...{ cs: of(cs), sc: of(sc) },
  });
}
