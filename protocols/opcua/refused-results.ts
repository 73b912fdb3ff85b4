/** What stands in the result of a refused item behind its status: nothing, in the type's own form. */
export const NULL_ARRAY = [0xff, 0xff, 0xff, 0xff] as const;
export const ZERO_32 = [0, 0, 0, 0] as const;
export const ZERO_64 = [...ZERO_32, ...ZERO_32] as const;
/** Null NodeId, no body. */
export const NULL_OBJECT = [0, 0, 0] as const;

export function statusBytes(status: number): number[] {
  return [0, 8, 16, 24].map((shift) => (status >>> shift) & 0xff);
}
