/** What the desk of baselines refuses, in words for a person. */
import { type BaselineDesk, BaselineRefused } from "../../risk/baseline-desk.ts";
import { ApiRefused, notFound } from "../problem.ts";

/** @throws ApiRefused */
export async function inWords<T>(
  desk: BaselineDesk | undefined,
  ask: (desk: BaselineDesk) => T | Promise<T>,
): Promise<T> {
  if (!desk) throw notFound();
  try {
    return await ask(desk);
  } catch (error) {
    if (!(error instanceof BaselineRefused)) throw error;
    if (error.code === "not-found") throw notFound();
    const [status, code, text] = SAID[error.code];
    throw new ApiRefused(status, code, text);
  }
}

const SAID = {
  changed: [409, "changed", "This has changed since you looked at it. Look again, then decide."],
  elsewhere: [
    409,
    "elsewhere",
    "A file that SALLYPORT_RISK_BASELINE names counts here: it is changed on the host.",
  ],
} as const;
