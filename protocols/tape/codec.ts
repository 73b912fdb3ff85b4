/**
 * The encoding of a tape, version 1: `encoder.ts` writes it, `decoder.ts` reads it, `scan.ts`
 * counts without decoding. A change of meaning takes a new version; readers keep the old ones,
 * and `golden.test.ts` keeps a transcript of each.
 *
 *     stream    = segment *                      segments may simply follow one another
 *     segment   = preamble header-frame frame *  self-contained: it uses nothing defined earlier
 *     preamble  = 00 53 50 54 01                 "SPT" and the version; no frame has length 0
 *     frame     = length kind body               length counts kind and body
 *
 * Numbers are LEB128 varints of at most 53 bits; what may be negative is zigzag-folded first.
 * A record's frame begins, after the kind, with the microseconds since the record before it; its
 * sequence number is one more than that one's. A `position` frame sets both, and the wall clock,
 * where a segment begins and wherever they do not follow: after a gap or a step of the clock.
 *
 *     00 53 50 54 01                             preamble
 *     .. 01 <value>                              the header, one value (see value.ts)
 *     .. 02 00 00 80e497d8ba33                   position: sequence 0, 0 us, wall clock in ms
 *     0f 03 00 01 0001 0000 0006 01 03 0064 0002 client bytes, +0 us, channel 1
 *
 * Texts and repeated operations are kept when first met, in the order of the stream, and named by
 * number from then on. A reference is 0: what follows is not kept; 1: what follows is kept under
 * the next number; n: number n - 2.
 */
export const PREAMBLE: readonly number[] = [0x00, 0x53, 0x50, 0x54];

export const FRAME = {
  header: 0x01,
  position: 0x02,
  bytesFromClient: 0x03,
  bytesFromAsset: 0x04,
  /** As the two above, but each byte less the one of the last record of that side and length. */
  likeFromClient: 0x05,
  likeFromAsset: 0x06,
  verdict: 0x07,
  event: 0x08,
  channel: 0x09,
  sent: 0x0a,
  capabilities: 0x0b,
  watch: 0x0c,
  gap: 0x0d,
  end: 0x0e,
} as const;

export const REFERENCE_INLINE = 0;
export const REFERENCE_KEEP = 1;
export const REFERENCE_FIRST = 2;

/**
 * Bytes of one frame. A header with thousands of tags or a verdict on thousands of nodes fits; a
 * reader never holds more than this of a frame that is not complete.
 */
export const FRAME_LENGTH_MAX = 4 * 1024 * 1024;

/** Kept operations of a segment: the distinct polls of a large workbench, many times over. */
export const OPERATIONS_MAX = 4096;

/** Kept texts of a segment, and how long one may be: rule and field names, not sentences with values. */
export const TEXTS_MAX = 1024;
export const TEXT_KEPT_MAX = 256;

/** Items of one verdict: the largest OPC UA request a session lets through has fewer. */
export const ITEMS_MAX = 65_536;

/** Levels of objects and arrays within a header or an operation. */
export const VALUE_DEPTH_MAX = 8;

/** A message up to this long is stored as the difference to the one before it: one Modbus frame. */
export const LIKE_LENGTH_MAX = 260;

/**
 * The wall clock of a record follows from its monotonic time; a position frame is written when
 * the two have parted by more than this (slewing, suspend, a step).
 */
export const WALL_TOLERANCE_MS = 5;

export const ANSWERS = ["permit", "deny", "hold"] as const;

/** Order is part of the format: append only. */
export const REFUSALS = [
  "operation",
  "address",
  "value",
  "busy",
  "unit",
  "unavailable",
  "type",
] as const;

/** Order is part of the format: append only. */
export const CLASSES = ["observe", "operate", "configure", "program", "transfer"] as const;

/** Order is part of the format: append only. */
export const EVENTS = [
  ...(["capabilities", "timeout", "withheld", "end", "withheld-send", "half-closed"] as const),
] as const;
