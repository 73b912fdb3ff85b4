/** Attributes of a file: draft-ietf-secsh-filexfer-02, section 5. */
import type { FieldReader } from "../field-reader.ts";
import type { FieldWriter } from "../field-writer.ts";

export interface Attributes {
  readonly size?: number;
  readonly owner?: { readonly user: number; readonly group: number };
  readonly permissions?: number;
  readonly times?: { readonly accessed: number; readonly modified: number };
}

const HAS = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x80000000 } as const;
/** Pairs of an extended attribute; nobody sends any to speak of. */
const EXTENDED_MAX = 64;

/** Extended attributes are read over and not carried. */
export function readAttributes(from: FieldReader): Attributes {
  const flags = from.uint32();
  const known = HAS.size | HAS.owner | HAS.permissions | HAS.times | HAS.extended;
  if ((flags & ~known) !== 0) from.failed = true;
  const attributes: Attributes = {
    ...(flags & HAS.size && { size: from.uint64() }),
    ...(flags & HAS.owner && { owner: { user: from.uint32(), group: from.uint32() } }),
    ...(flags & HAS.permissions && { permissions: from.uint32() }),
    ...(flags & HAS.times && { times: { accessed: from.uint32(), modified: from.uint32() } }),
  };
  if (flags & HAS.extended) skipExtended(from);
  return attributes;
}

function skipExtended(from: FieldReader): void {
  const count = from.uint32();
  if (count > EXTENDED_MAX) from.failed = true;
  for (let n = 0; n < count * 2 && !from.failed; n++) from.string();
}

export function writeAttributes(to: FieldWriter, attributes: Attributes): FieldWriter {
  const { size, owner, permissions, times } = attributes;
  const flags =
    (size === undefined ? 0 : HAS.size) |
    (owner === undefined ? 0 : HAS.owner) |
    (permissions === undefined ? 0 : HAS.permissions) |
    (times === undefined ? 0 : HAS.times);
  to.uint32(flags);
  if (size !== undefined) to.uint64(size);
  if (owner !== undefined) to.uint32(owner.user).uint32(owner.group);
  if (permissions !== undefined) to.uint32(permissions);
  if (times !== undefined) to.uint32(times.accessed).uint32(times.modified);
  return to;
}
