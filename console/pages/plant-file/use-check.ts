/** What is wrong with a text, as the broker says it a moment after the last key. */
import { useEffect, useState } from "react";
import type { PlantCheckView } from "../../../broker/api/shapes/plant-file.ts";
import { checkPlant } from "../../components/plant-file.ts";

/** After the last key: long enough not to check every letter. */
const CHECK_AFTER_MS = 600;
/** A longer one takes the broker seconds: it is checked when somebody asks. */
const BY_ITSELF_MAX = 1_048_576;

export interface Checked {
  readonly check: PlantCheckView | undefined;
  readonly checking: boolean;
  readonly thrown: unknown;
  /** Checks it now; undefined where that comes by itself. */
  readonly look: (() => void) | undefined;
}

interface Found {
  readonly text: string;
  readonly check?: PlantCheckView;
  readonly thrown?: unknown;
}

/** The answer to the text as it is now; what came for an older one is dropped. */
export function useCheck(text: string, changed: boolean): Checked {
  const [found, setFound] = useState<Found>();
  const [asked, setAsked] = useState<string>();
  const isLong = text.length > BY_ITSELF_MAX;
  const wanted = isLong ? asked === text : changed;
  useEffect(() => {
    if (!wanted) return;
    let current = true;
    const timer = setTimeout(
      () => {
        checkPlant(text).then(
          (check) => current && setFound({ text, check }),
          (thrown: unknown) => current && setFound({ text, thrown }),
        );
      },
      isLong ? 0 : CHECK_AFTER_MS,
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, wanted, isLong]);
  const known = wanted && found?.text === text ? found : undefined;
  return {
    ...{ check: known?.check, thrown: known?.thrown, checking: wanted && !known },
    look: isLong && changed ? () => setAsked(text) : undefined,
  };
}
