/** Who agrees when somebody asks for a time in a zone. Part of `model.ts`. */
export interface ApprovalRule {
  readonly zone: string;
  /** E-mail addresses and `role:supervisor`. */
  readonly by: readonly string[];
  /** Different people who must agree: 1 or 2. */
  readonly needed: number;
}
