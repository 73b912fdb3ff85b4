/** An error answer of the broker, or what stands in for one when there was no answer. */
import type { Problem } from "../../broker/api/shapes/people.ts";

export class ApiProblem extends Error implements Problem {
  override readonly name = "ApiProblem";
  readonly code: string;
  /** HTTP status; 0 when the broker could not be reached. */
  readonly status: number;
  readonly rule?: string;

  constructor(status: number, problem: Problem) {
    super(problem.message);
    this.status = status;
    this.code = problem.code;
    if (problem.rule !== undefined) this.rule = problem.rule;
  }
}

/** What a person reads about anything that was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ApiProblem) return thrown;
  if (thrown instanceof Error) return { code: "console-error", message: thrown.message };
  return { code: "console-error", message: String(thrown) };
}

export function isProblem(thrown: unknown, code: string): boolean {
  return thrown instanceof ApiProblem && thrown.code === code;
}
