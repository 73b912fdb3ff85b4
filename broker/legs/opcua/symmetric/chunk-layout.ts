/**
 * A chunk under symmetric keys (OPC 10000-6, 6.7.2):
 *
 *     type      3   `MSG` or `CLO`                       \
 *     final     1   `F` last, `C` more come, `A` aborted  |
 *     size      4   of the whole chunk                    | in the clear
 *     channel   4                                         |
 *     token     4                                        /
 *     number    4   one more than the chunk before       \
 *     request   4                                         |
 *     body                                                | encrypted with SignAndEncrypt
 *     padding       only if encrypted; its last byte      |
 *                   and all others say how many precede   |
 *     signature 32  of all before it, unless None        /
 *
 * What is in the clear is exactly as long as a block of the cipher.
 */
export const HEADER = 16;
export const SEQUENCE_HEADER = 8;
export const SIGNATURE = 32;
export const BLOCK = 16;

/** Type and final, as one number. */
export const WORD = {
  last: 0x4647_534d,
  more: 0x4347_534d,
  aborted: 0x4147_534d,
  close: 0x464f_4c43,
} as const;

/** Numbers may begin anew once they are here (OPC 10000-6, 6.7.2.4) … */
export const NUMBER_LAST = 0xffff_fbff;
/** … and then below this. */
export const NUMBER_FIRST_BELOW = 1_024;

/** The largest chunk that is agreed to, in either direction. */
export const CHUNK_MAX = 65_535;
/** No peer may ask for less (7.1.2.3) … */
export const CHUNK_MIN = 8_192;
/** … and small devices do all the same. */
export const SMALL_CHUNK_MIN = 1_024;

/** Whether a chunk with this number may come after the one before. */
export function follows(previous: number, number: number): boolean {
  if (number === previous + 1) return true;
  return previous >= NUMBER_LAST && number < NUMBER_FIRST_BELOW;
}
