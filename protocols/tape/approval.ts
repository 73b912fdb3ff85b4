/** How a verdict that a person agreed to says so, as `reason`, and reading that again. */

export interface Approval {
  readonly name: string;
  /** Of the signed act, as the site log has it. */
  readonly actionId: string;
  /** SHA-256 (hex) of the act's text. */
  readonly sha256: string;
}

/** `Sue agreed; signed act 3f…, SHA-256 9c…` */
const AGREED = /^(.{1,200}) agreed; signed act ([0-9a-z]{1,64}), SHA-256 ([0-9a-f]{64})$/s;
const REFUSED = /^(.{1,200}) refused; signed act ([0-9a-z]{1,64}), SHA-256 ([0-9a-f]{64})$/s;

/** Undefined where nobody was asked, or nobody answered. */
export function approvalIn(reason: string): (Approval & { readonly agreed: boolean }) | undefined {
  for (const [pattern, agreed] of [
    [AGREED, true],
    [REFUSED, false],
  ] as const) {
    const [, name, actionId, sha256] = pattern.exec(reason) ?? [];
    if (name !== undefined && actionId !== undefined && sha256 !== undefined) {
      return { name, actionId, sha256, agreed };
    }
  }
  return undefined;
}
