/**
 * What a browser enciphers the unsaved texts of a person with, so that they outlive the end of a
 * sign-in in their tab, also where the broker was updated meanwhile, and whoever sits there next
 * reads none of them.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Queries } from "../store/schema.ts";
import { readSetting, writeSetting } from "../store/settings.ts";

const SETTING = "draft-secret";
const SECRET_BYTES = 32;

export class DraftKeys {
  private readonly secret: string;

  private constructor(secret: string) {
    this.secret = secret;
  }

  static async open(queries: Queries): Promise<DraftKeys> {
    const kept = await readSetting(queries, SETTING);
    const secret = kept ?? randomBytes(SECRET_BYTES).toString("base64");
    if (kept === undefined) await writeSetting(queries, SETTING, secret);
    return new DraftKeys(secret);
  }

  /** 32 bytes in base64, always the same for this person. */
  of(personId: string): string {
    return createHmac("sha256", this.secret).update(personId).digest("base64");
  }
}
