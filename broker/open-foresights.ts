/** Opens the trying of changes over past sessions. */
import type { Evidence } from "./evidence/evidence.ts";
import { Foresights } from "./evidence/past/foresights.ts";
import { Narrower } from "./evidence/past/narrower.ts";
import type { Ground } from "./open-parts.ts";

export interface OpenForesights {
  readonly foresights: Foresights;
  /** Policies come into force by the console only after that. */
  readonly needsWhatIf: boolean;
  readonly narrower: Narrower;
}

export function openForesights(
  { clock, opened, config }: Ground,
  { recordings }: Evidence,
): OpenForesights {
  const foresights = new Foresights({ recordings, clock });
  opened.push(() => foresights.stop());
  const narrower = new Narrower(recordings);
  opened.push(() => narrower.stop());
  return { narrower, foresights, needsWhatIf: config.policyWhatIf };
}
