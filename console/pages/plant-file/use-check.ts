/** What is wrong with a text, as the broker says it a moment after the last key. */
import { useEffect, useState } from "react";
import type { PlantCheckView } from "../../../broker/api/shapes/plant-file.ts";
import { checkPlant } from "../../components/plant-file.ts";

/** After the last key: long enough not to check every letter. */
const CHECK_AFTER_MS = 600;

export interface Checked {
  readonly check: PlantCheckView | undefined;
  readonly checking: boolean;
  readonly thrown: unknown;
}

/** The answer to the text as it is now; what came for an older one is dropped. */
export function useCheck(text: string, changed: boolean): Checked {
  const [checked, setChecked] = useState<{
    readonly text: string;
    readonly check?: PlantCheckView;
    readonly thrown?: unknown;
  }>();
  useEffect(() => {
    if (!changed) return;
    let current = true;
    const timer = setTimeout(() => {
      checkPlant(text).then(
        (check) => current && setChecked({ text, check }),
        (thrown: unknown) => current && setChecked({ text, thrown }),
      );
    }, CHECK_AFTER_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, changed]);
  const known = changed && checked?.text === text ? checked : undefined;
  return { check: known?.check, thrown: known?.thrown, checking: changed && !known };
}
